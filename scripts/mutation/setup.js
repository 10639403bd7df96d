/**
 * Set-up of the mutation run, where the same tests run thousands of times: slow keys are made once for all of it,
 * properties are tried fewer times, and what measures time does not run.
 */
import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { beforeEach } from 'vitest';

const FOLDER = new URL('rsa-keys/', import.meta.url);
const SLOW = ['rsa', 'rsa-pss', 'dsa'];
const generate = crypto.generateKeyPairSync;
const asked = new Map();

const seen = new Set();
beforeEach(async ({ task, skip }) => {
  if (task.name.startsWith('time grows')) skip();
  await tryPropertiesLess(task.file.filepath);
});

mkdirSync(FOLDER, { recursive: true });
crypto.generateKeyPairSync = (type, options) => {
  if (!SLOW.includes(type) || !(options?.modulusLength > 0)) return generate(type, options);
  const kind = `${type}-${Object.values(options).join('-')}`;
  const number = asked.get(kind) ?? 0;
  asked.set(kind, number + 1);
  const privateKey = createPrivateKey(keptPem(`${kind}-${number}.pem`, type, options));
  return { privateKey, publicKey: createPublicKey(privateKey) };
};
syncBuiltinESMExports();

/** fast-check takes a fifth of a second to load, in each of thousands of runs: it is not loaded for tests without it. */
async function tryPropertiesLess(testFile) {
  if (seen.has(testFile)) return;
  seen.add(testFile);
  if (!readFileSync(testFile, 'utf8').includes("'fast-check'")) return;
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ numRuns: 40 });
}

/** The n-th key of a kind is the same in each run. */
function keptPem(name, type, options) {
  const file = new URL(name, FOLDER);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const pem = generate(type, options).privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(file, pem);
  return pem;
}
