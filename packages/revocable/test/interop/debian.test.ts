/** With the implementations that Debian packages: Python's, Ruby's, and latchset's in C. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exchange, type Job } from './exchange.ts';

type Answers = readonly (string | object | null)[];

function run(program: string, words: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    input,
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`${program} ${words[0]}: ${error?.message ?? stderr}`);
  return stdout;
}

const isHere = (program: string, words: readonly string[]): boolean =>
  existsSync(program) && spawnSync(program, words, { timeout: 20_000 }).status === 0;

/** A program that is missing says so, and where it must not be missing that is a failure. */
function withProgram(name: string, isThere: boolean, suite: () => void): void {
  if (!isThere) console.log(`interop: "${name}" is missing: no tokens are exchanged with it.`);
  test(`"${name}" is there, or this is no CI`, () => {
    expect(isThere || process.env['CI'] !== 'true').toBe(true);
  });
  if (isThere) suite();
}

/** A program of ours in another language: a question on stdin, its answer on stdout. */
function script(program: string, file: string): (question: object) => Answers {
  const path = fileURLToPath(new URL(`programs/${file}`, import.meta.url));
  return question => JSON.parse(run(program, [path], JSON.stringify(question))) as Answers;
}

function exchangeByScript(name: string, ask: (question: object) => Answers): void {
  exchange({
    name,
    algs: ask({ do: 'algs' }) as string[],
    sign: async jobs => ask({ do: 'sign', jobs }) as string[],
    verify: async jobs => ask({ do: 'verify', jobs }) as (object | null)[],
  });
}

const python = process.env['PYTHON3'] ?? '/usr/bin/python3';
withProgram('python3-jwt', isHere(python, ['-c', 'import jwt, cryptography']), () => {
  exchangeByScript('python3-jwt', script(python, 'peer.py'));
});

const ruby = process.env['RUBY'] ?? '/usr/bin/ruby';
withProgram('ruby-jwt', isHere(ruby, ['-e', 'require "jwt"']), () => {
  exchangeByScript('ruby-jwt', script(ruby, 'peer.rb'));
});

const latchset = process.env['LATCHSET_JOSE'] ?? '/usr/bin/jose';
withProgram('jose', isHere(latchset, ['alg']), () => {
  const withKey = <T>(jwk: Job['jwk'], work: (file: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'jose-'));
    try {
      const file = join(folder, 'key.jwk');
      writeFileSync(file, JSON.stringify(jwk));
      return work(file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const sign = ({ alg, jwk, claims }: Job): string =>
    withKey(jwk, key => {
      const template = JSON.stringify({ protected: { alg } });
      return run(
        latchset,
        ['jws', 'sig', '-I', '-', '-k', key, '-s', template, '-c'],
        JSON.stringify(claims),
      ).trim();
    });
  const verify = ({ publicJwk, token = '' }: Job): object | null =>
    withKey(publicJwk, key => {
      const { status, stdout } = spawnSync(latchset, ['jws', 'ver', '-i', '-', '-k', key, '-O', '-'], {
        input: token,
      });
      return status === 0 ? (JSON.parse(stdout.toString()) as object) : null;
    });
  exchange({
    name: 'latchset jose',
    algs: run(latchset, ['alg', '-k', 'sign'], '').trim().split(/\s+/),
    sign: async jobs => jobs.map(sign),
    verify: async jobs => jobs.map(verify),
  });
});
