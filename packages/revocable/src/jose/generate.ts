/** Fresh keys. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ConfigError, KeyError, refuseUnknown } from '../errors.ts';
import { systemRandom } from '../random.ts';
import { type Alg, type Algorithm, CURVES } from './algorithms.ts';
import { secretFrom } from './import-key.ts';
import type { SigningKey } from './key.ts';
import { algorithmRow } from './key-rules.ts';
import { ownHandle } from './own-handle.ts';
import { checkKid, privateFrom } from './pair.ts';

export interface GenerateKeyOptions {
  /** @default the RFC 7638 thumbprint; a secret has none */
  readonly kid?: string;
  /** Bits of an RSA modulus, 2048 to 16384. @default 2048 */
  readonly modulusLength?: number;
}

/**
 * A fresh key. Synchronous: RSA blocks the event loop for 0.1 to 1 s, once.
 * @throws {KeyError} ERR_KEY_INVALID when this runtime does not have the algorithm
 */
export function generateKey(alg: Alg, options: GenerateKeyOptions = {}): SigningKey {
  const row = checkedRow(alg, options, 'generateKey');
  if (row.kty === 'oct') return secretFrom(systemRandom.bytes(row.minimumBits / 8), row, options);
  const [type, parameters] = request(row, options);
  try {
    return privateFrom(ownHandle(generateKeyPairSync(type, parameters).privateKey), row, options);
  } catch (error) {
    throw lacking(row, error);
  }
}

const generatePair = promisify(generateKeyPair) as unknown as (
  type: 'rsa',
  parameters: { modulusLength: number },
) => Promise<{ privateKey: KeyObject }>;

/**
 * A fresh key, made off the event loop.
 * @throws {KeyError} ERR_KEY_INVALID when this runtime does not have the algorithm
 */
export async function generateKeyAsync(alg: Alg, options: GenerateKeyOptions = {}): Promise<SigningKey> {
  const row = checkedRow(alg, options, 'generateKeyAsync');
  if (row.kty === 'oct') return secretFrom(systemRandom.bytes(row.minimumBits / 8), row, options);
  const [type, parameters] = request(row, options);
  try {
    return privateFrom(ownHandle((await generatePair(type, parameters)).privateKey), row, options);
  } catch (error) {
    throw lacking(row, error);
  }
}

function checkedRow(alg: Alg, options: GenerateKeyOptions, where: string): Algorithm {
  refuseUnknown(options, ['kid', 'modulusLength'], where);
  checkKid(options.kid);
  const row = algorithmRow(alg);
  const { modulusLength } = options;
  if (modulusLength === undefined) return row;
  if (row.kty !== 'RSA') throw new ConfigError(`"modulusLength" is for RSA, not for ${row.name}.`);
  if (!(Number.isInteger(modulusLength) && modulusLength >= 2048 && modulusLength <= 16_384))
    throw new ConfigError('"modulusLength" is a whole number of bits from 2048 to 16384.');
  return row;
}

/** What node:crypto calls the type, and its parameters. It types each type apart; they differ in nothing that matters here. */
function request(row: Algorithm, options: GenerateKeyOptions): ['rsa', { modulusLength: number }] {
  const curve = row.curves[0];
  const pair =
    row.kty === 'RSA'
      ? ['rsa', { modulusLength: options.modulusLength ?? 2048 }]
      : row.kty === 'EC' && curve !== undefined
        ? ['ec', { namedCurve: CURVES[curve].native }]
        : [curve === undefined ? row.name.toLowerCase() : CURVES[curve].native, {}];
  return pair as ['rsa', { modulusLength: number }];
}

function lacking(row: Algorithm, cause: unknown): Error {
  if (cause instanceof KeyError || cause instanceof ConfigError) return cause;
  return new KeyError('ERR_KEY_INVALID', `This runtime cannot make a key for ${row.name}.`, { cause });
}
