/** `--key`, `--secret` and the environment to keys. A key is for one algorithm: the one that is given, or its own. */
import {
  type Alg,
  ConfigError,
  createKeySet,
  importJwk,
  type Jwk,
  type Jwks,
  KeyError,
  privateKey,
  publicKey,
  secretKey,
  type VerificationKey,
} from '../index.ts';
import {
  type AsymmetricAlg,
  algorithms,
  findAlgorithm,
  type HmacAlgorithm,
  type SecretMaterial,
} from '../jose/index.ts';
import type { Flags, Invocation } from './command.ts';
import { nearest } from './nearest.ts';
import { warn } from './output.ts';
import type { Terminal } from './terminal.ts';
import { parseJson, readValue, textOf, type Value } from './value.ts';

/** How a key was written, for what converts it to the other form. */
export type KeyForm = 'pem' | 'jwk' | 'der' | 'secret';
export interface GivenKeys {
  readonly keys: readonly VerificationKey[];
  readonly form: KeyForm;
}

/**
 * Keys by `--key` and further words, or a secret by `--secret` or REVOCABLE_SECRET; undefined when there is none.
 * @throws {KeyError} for keys that cannot be made
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong use
 */
export async function givenKeys(
  { flags, terminal }: Invocation,
  words: readonly string[] = [],
  hasSecrets = true,
): Promise<GivenKeys | undefined> {
  const values = [...words, ...(flags.texts('key') ?? [])];
  const secret = hasSecrets ? flags.text('secret') : undefined;
  if (values.length > 0 && secret !== undefined) throw new ConfigError('Give --key or --secret, not both.');
  if (values.length > 0 && flags.text('secret-encoding') !== undefined)
    throw new ConfigError('--secret-encoding is for --secret, not for --key.');
  if (values.length > 0) return keysOf(values, flags, terminal);
  if (!hasSecrets) return undefined;
  const fromEnvironment = terminal.env['REVOCABLE_SECRET'];
  if (secret !== undefined) return { keys: [await secretOf(secret, flags, terminal)], form: 'secret' };
  if (fromEnvironment === undefined || fromEnvironment === '') return undefined;
  const value = { bytes: Buffer.from(fromEnvironment, 'utf8'), isInline: false };
  return { keys: [makeSecret(value, flags)], form: 'secret' };
}

async function keysOf(values: readonly string[], flags: Flags, terminal: Terminal): Promise<GivenKeys> {
  const keys: VerificationKey[] = [];
  let form: KeyForm = 'der';
  for (const value of values) {
    const given = await readKey(value, flags, terminal);
    keys.push(...given.keys);
    form = given.form;
  }
  if (flags.text('kid') !== undefined && keys.length !== 1) throw new ConfigError('--kid is for one key.');
  return { keys, form };
}

async function readKey(text: string, flags: Flags, terminal: Terminal): Promise<GivenKeys> {
  const value = await readValue(terminal, text, 'the key');
  const content = Buffer.from(value.bytes).toString('utf8').trim();
  if (content.includes('-----BEGIN ')) {
    if (value.isInline && content.includes('PRIVATE KEY-----'))
      warnInline(terminal, 'A private key', '--key @file or --key -');
    return {
      keys: [
        fromPemOrDer(
          content,
          content.includes('PRIVATE KEY-----'),
          flags,
          await passphraseOf(flags, terminal),
        ),
      ],
      form: 'pem',
    };
  }
  if (content.startsWith('{'))
    return { keys: fromJson(content, value.isInline, flags, terminal), form: 'jwk' };
  if (!value.isInline && content !== '')
    return { keys: [fromDer(value.bytes, flags, await passphraseOf(flags, terminal))], form: 'der' };
  throw new ConfigError(notAKey(text, terminal));
}

function notAKey(text: string, terminal: Terminal): string {
  const what = 'A key is PEM, a JWK or a JWK Set, as @file, - for stdin, or the text itself';
  if (terminal.hasFile(text)) return `${what}: to read the file of that name put "@" before it.`;
  if (text.startsWith('http://') || text.startsWith('https://')) return `${what}. For a URL there is --jwks.`;
  return `${what}. For the secret of an HMAC there is --secret.`;
}

function fromJson(
  content: string,
  isInline: boolean,
  flags: Flags,
  terminal: Terminal,
): readonly VerificationKey[] {
  const json = parseJson(content);
  if (typeof json !== 'object' || json === null)
    throw new KeyError('ERR_KEY_INVALID', 'The key begins like a JWK, but is no JSON.');
  const isSet = 'keys' in json;
  const list = isSet && Array.isArray(json.keys) ? (json.keys as readonly unknown[]) : [json];
  if (isInline && list.some(jwk => hasPrivateMember(jwk)))
    warnInline(terminal, 'A private key', '--key @file or --key -');
  if (isSet) return fromSet(json as Jwks, flags);
  const jwk = json as Jwk;
  return [importJwk(jwk, algOf(flags) ?? impliedAlg(jwk), { ...kidOf(flags), ...weakOf(flags) })];
}

function hasPrivateMember(jwk: unknown): boolean {
  return typeof jwk === 'object' && jwk !== null && ['d', 'k', 'priv'].some(member => member in jwk);
}

function fromSet(jwks: Jwks, flags: Flags): readonly VerificationKey[] {
  if (flags.isOn('allow-weak'))
    throw new ConfigError('--allow-weak is for one key; take it out of its JWK Set.');
  const alg = algOf(flags);
  const { keys } = createKeySet(jwks, alg === undefined ? {} : { alg });
  if (keys.length === 0)
    throw new KeyError('ERR_KEY_NOT_FOUND', 'The JWK Set has no key that can be used here.');
  return keys;
}

/** What a JWK without `alg` is for, where its curve does not say. */
function impliedAlg(jwk: Jwk): Alg | undefined {
  if (jwk.alg !== undefined) return undefined;
  return jwk.kty === 'RSA' ? 'RS256' : jwk.kty === 'oct' ? 'HS256' : undefined;
}

function fromDer(bytes: Uint8Array, flags: Flags, passphrase: string | undefined): VerificationKey {
  try {
    return fromPemOrDer(bytes, false, flags, passphrase);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'ERR_KEY_INVALID') throw error;
  }
  try {
    return fromPemOrDer(bytes, true, flags, passphrase);
  } catch (cause) {
    if (!(cause instanceof KeyError) || cause.code !== 'ERR_KEY_INVALID') throw cause;
    throw new KeyError(
      'ERR_KEY_INVALID',
      'This is no PEM, JWK, JWK Set or DER of a key that can be read here.',
      { cause },
    );
  }
}

/** One algorithm for each type and curve, tried where none is given: a key fits one of them. */
const OWN: readonly AsymmetricAlg[] = [
  ...(['RS256', 'ES256', 'EdDSA', 'ES384', 'ES512', 'ES256K', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const),
];

function fromPemOrDer(
  material: string | Uint8Array,
  isPrivate: boolean,
  flags: Flags,
  passphrase: string | undefined,
): VerificationKey {
  const options = { ...kidOf(flags), ...weakOf(flags) };
  const make = (alg: AsymmetricAlg): VerificationKey =>
    isPrivate
      ? privateKey(alg, material, passphrase === undefined ? options : { ...options, passphrase })
      : publicKey(alg, material, options);
  const alg = algOf(flags);
  if (alg !== undefined) return make(asymmetric(alg));
  let first: unknown;
  for (const own of OWN) {
    try {
      return make(own);
    } catch (error) {
      if (!(error instanceof KeyError) || error.code !== 'ERR_KEY_INVALID') throw error;
      first ??= error;
    }
  }
  throw first;
}

function asymmetric(alg: Alg): AsymmetricAlg {
  if (findAlgorithm(alg)?.kty === 'oct')
    throw new ConfigError(`${alg} takes a secret: give --secret, not the PEM of a key pair.`);
  return alg as AsymmetricAlg;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID for a name that is not in the table */
export function algOf(flags: Flags): Alg | undefined {
  const name = flags.text('alg');
  if (name === undefined) return undefined;
  const row = findAlgorithm(name);
  if (row !== undefined) return row.name;
  const meant =
    algorithms.find(alg => alg.toLowerCase() === name.toLowerCase()) ??
    nearest(name.toUpperCase(), algorithms);
  throw new ConfigError(
    `--alg is one of ${algorithms.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
  );
}

function kidOf(flags: Flags): { readonly kid?: string } {
  const kid = flags.text('kid');
  return kid === undefined ? {} : { kid };
}

function weakOf(flags: Flags): { readonly allowWeak?: true } {
  return flags.isOn('allow-weak') ? { allowWeak: true } : {};
}

async function secretOf(text: string, flags: Flags, terminal: Terminal): Promise<VerificationKey> {
  const value = await readValue(terminal, text, 'the secret');
  if (value.isInline)
    warnInline(terminal, 'A secret', '--secret @file, --secret - or REVOCABLE_SECRET in the environment');
  return makeSecret(value, flags);
}

function makeSecret({ bytes }: Value, flags: Flags): VerificationKey {
  const alg = algOf(flags) ?? 'HS256';
  if (findAlgorithm(alg)?.kty !== 'oct')
    throw new ConfigError(`A secret is for HS256, HS384 and HS512; ${alg} takes --key.`);
  return secretKey(alg as HmacAlgorithm, material(bytes, flags.text('secret-encoding') ?? 'utf8'), {
    ...kidOf(flags),
    ...weakOf(flags),
  });
}

function material(bytes: Uint8Array, encoding: string): SecretMaterial {
  if (encoding === 'raw') return bytes;
  if (encoding === 'utf8') return { utf8: textOf(bytes, 'the secret') };
  if (encoding === 'base64url') return { base64url: textOf(bytes, 'the secret') };
  if (encoding === 'hex') return { hex: textOf(bytes, 'the secret') };
  throw new ConfigError(
    '--secret-encoding is utf8, base64url, hex or raw (every byte of a file, its last line end too).',
  );
}

async function passphraseOf(flags: Flags, terminal: Terminal): Promise<string | undefined> {
  const text = flags.text('passphrase');
  if (text === undefined) return undefined;
  const value = await readValue(terminal, text, 'the passphrase');
  if (value.isInline) warnInline(terminal, 'A passphrase', '--passphrase @file or --passphrase -');
  return textOf(value.bytes, 'the passphrase');
}

function warnInline(terminal: Terminal, what: string, instead: string): void {
  warn(
    terminal,
    `${what} on the command line is seen by other users of this machine and stays in the history of the shell. Better: ${instead}.`,
  );
}
