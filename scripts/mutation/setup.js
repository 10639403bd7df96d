/**
 * Set-up of the mutation run, where the same tests run thousands of times: slow keys are made once for all of it,
 * properties are tried fewer times, and what measures time does not run.
 */
import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { beforeEach } from 'vitest';

const FOLDER = new URL('rsa-keys/', import.meta.url);
const SLOW = ['rsa', 'rsa-pss', 'dsa'];
const generate = crypto.generateKeyPairSync;
const asked = new Map();

fc.configureGlobal({ numRuns: 40 });
beforeEach(({ task, skip }) => {
  if (task.name.startsWith('time grows')) skip();
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

/** The n-th key of a kind is the same in each run. */
function keptPem(name, type, options) {
  const file = new URL(name, FOLDER);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const pem = generate(type, options).privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(file, pem);
  return pem;
}
