#!/usr/bin/env node
/**
 * What the tests need from the operating system. Installs it with apt-get as root on Debian and Ubuntu; elsewhere
 * says in one line what is missing and which tests do not run. With CI=true an absence is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One row each: Debian's package, where its program may be, the variable that tells tests its path, who needs it. */
const PACKAGES = [
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'CHROMIUM',
    tests: 'the tests in a real browser',
  },
  {
    name: 'fonts-liberation',
    files: ['/usr/share/fonts/truetype/liberation', '/usr/share/fonts/truetype/liberation2'],
    tests: 'readable screenshots',
  },
  {
    name: 'redis-server',
    programs: ['redis-server'],
    variable: 'REDIS_SERVER',
    tests: 'the tests of the Redis store',
  },
  {
    name: 'nginx',
    programs: ['nginx'],
    variable: 'NGINX',
    tests: 'the tests of the feed through a proxy',
  },
  {
    name: 'openssl',
    programs: ['openssl'],
    tests: 'the tests of the Redis store with TLS',
  },
  {
    name: 'jose',
    programs: ['jose'],
    variable: 'LATCHSET_JOSE',
    tests: 'the exchange of tokens with latchset jose',
  },
  {
    name: 'python3-jwt',
    files: ['/usr/lib/python3/dist-packages/jwt'],
    tests: 'the exchange of tokens with PyJWT',
  },
  {
    name: 'python3-cryptography',
    files: ['/usr/lib/python3/dist-packages/cryptography'],
    tests: 'the exchange of tokens with PyJWT',
  },
  {
    name: 'ruby',
    programs: ['ruby'],
    variable: 'RUBY',
    tests: 'the exchange of tokens with ruby-jwt',
  },
  {
    name: 'ruby-jwt',
    files: ['/var/lib/dpkg/info/ruby-jwt.list'],
    tests: 'the exchange of tokens with ruby-jwt',
  },
];

/** Variables for the tests: the path of each program that is here. */
export function programPaths() {
  const found = PACKAGES.filter(row => row.variable).map(row => [
    row.variable,
    process.env[row.variable] ?? whereIs(row),
  ]);
  return Object.fromEntries(found.filter(([, path]) => path !== undefined));
}

/** True when nothing is missing, or when nobody insists. */
export function provideSystemPackages() {
  let missing = PACKAGES.filter(isMissing);
  if (missing.length > 0 && canInstall()) {
    install(missing.map(row => row.name));
    missing = PACKAGES.filter(isMissing);
  }
  for (const row of missing)
    console.error(`system packages: "${row.name}" is missing: ${row.tests} do not run.`);
  return missing.length === 0 || process.env.CI !== 'true';
}

function isMissing(row) {
  if (row.variable && process.env[row.variable]) return false;
  return whereIs(row) === undefined;
}

function whereIs({ programs = [], files = [] }) {
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/bin', '/usr/sbin');
  const candidates = programs.flatMap(program => folders.map(folder => join(folder, program)));
  return [...candidates, ...files].find(path => existsSync(path));
}

function canInstall() {
  return process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get');
}

function install(names) {
  console.error(`system packages: installing ${names.join(', ')}`);
  if (aptGet('update') === 0) aptGet('install', '-y', '--no-install-recommends', ...names);
}

/** apt's own chatter goes to stderr, so that stdout keeps the results alone. */
function aptGet(...words) {
  const quiet = ['-q', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', [...quiet, ...words], { stdio: ['ignore', 2, 2], env }).status;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = provideSystemPackages() ? 0 : 1;
