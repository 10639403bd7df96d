/** createSigner: options checked once, tokens signed many times. */
import type { KeyObject } from 'node:crypto';
import { ConfigError, refuseUnknown } from '../errors.ts';
import { randomId, systemRandom } from '../random.ts';
import { clockFrom, type Duration, seconds, type WallClock } from '../time.ts';
import { type Claims, checkOwnClaims } from './claims.ts';
import { checkOwnCritical, type JoseHeader } from './header.ts';
import { encodeHeader, signInput, signInputAsync } from './jwt.ts';
import { type ExternalKey, isKey, materialOf, type SigningKey } from './key.ts';
import { type HasKeySource, type KeySource, keySource } from './key-source.ts';
import { encodeText } from './octets.ts';
import { type RiskListener, risksOf } from './risks.ts';

export interface SignerOptions {
  /** A key, or a KeySet: its newest key that signs, chosen at each call. */
  readonly key: SigningKey | ExternalKey | HasKeySource;
  /** Life of a token from its `iat`, as seconds or "15m"; an explicit null for none. */
  readonly expiresIn: Duration | null;
  readonly issuer?: string;
  readonly audience?: string | readonly string[];
  readonly subject?: string;
  /** From `iat` to `nbf`, as seconds or "15m". */
  readonly notBefore?: Duration;
  /** @default 'JWT' */
  readonly typ?: string;
  /** Adds a `jti`: true for 128 random bits, or your own. @default false */
  readonly jwtId?: boolean | (() => string);
  /** Further members of the header; a `crit` must name members of it. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Milliseconds, like Date.now. */
  readonly clock?: WallClock;
  /**
   * Hears of risky tokens, for development: a short secret, no expiry, very long life, huge size, `crit`, and claims that
   * look like passwords, cards or national ids. With `allRisks` of `revocable/jose` it hears all that `revocable inspect` says.
   */
  readonly warn?: RiskListener;
}

export interface Signer {
  /**
   * A signed token; `iat` is added unless given.
   * @throws {ConfigError} ERR_CONFIG_INVALID for a claim that an option sets too, or of a wrong type; for an ExternalKey
   */
  sign(claims?: Claims): string;
  /** The same off the event loop (RSA), or where an ExternalKey lies. */
  signAsync(claims?: Claims): Promise<string>;
}

const OPTIONS: readonly string[] = [
  ...[
    'key',
    'expiresIn',
    'issuer',
    'audience',
    'subject',
    'notBefore',
    'typ',
    'jwtId',
    'header',
    'clock',
    'warn',
  ],
];

/**
 * A signer of tokens with one key or the newest of a set.
 * @example createSigner({ key, expiresIn: '5m', issuer: 'https://auth.example' }).sign({ sub: 'u1' })
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function createSigner(options: SignerOptions): Signer {
  refuseUnknown(options, OPTIONS, 'createSigner');
  if (options.warn !== undefined && typeof options.warn !== 'function')
    throw new ConfigError('"warn" is a function that hears of risks.');
  const keyNow = keyGetter(options.key);
  const payloadOf = payloadWriter(options);
  const headerOf = headerEncoder(options);
  const prepare = (claims: Claims): Prepared => {
    const key = keyNow();
    const payload = payloadOf(claims);
    const input = headerOf(key) + encodeText(payload);
    return { key, input, payload };
  };
  return Object.freeze({
    sign(claims: Claims = {}): string {
      const { key, input, payload } = prepare(claims);
      const token = signInput(input, key);
      if (options.warn !== undefined) warn(options.warn, key, payload, token);
      return token;
    },
    async signAsync(claims: Claims = {}): Promise<string> {
      const { key, input, payload } = prepare(claims);
      const token = await signInputAsync(input, key);
      if (options.warn !== undefined) warn(options.warn, key, payload, token);
      return token;
    },
  });
}

interface Prepared {
  readonly key: SigningKey | ExternalKey;
  readonly input: string;
  readonly payload: string;
}

function keyGetter(key: SignerOptions['key'] | undefined): () => SigningKey | ExternalKey {
  if (isKey(key)) {
    const { signing, external } = materialOf(key);
    if (signing === undefined && external === undefined)
      throw new ConfigError(
        '"key" of a signer is a secret, private or external key that its key_ops allow to sign.',
      );
    return () => key;
  }
  const source: KeySource | undefined = typeof key === 'object' && key !== null ? key[keySource] : undefined;
  if (source?.newest === undefined)
    throw new ConfigError('"key" of a signer is a SigningKey, an ExternalKey or a KeySet.');
  return () => {
    const newest = source.newest?.();
    if (newest === undefined) throw new ConfigError('The KeySet has no key that signs.');
    return newest;
  };
}

/** The header is the same for all tokens of a key, so it is encoded once. */
function headerEncoder(options: SignerOptions): (key: SigningKey | ExternalKey) => string {
  const typ = options.typ ?? 'JWT';
  if (typeof typ !== 'string' || typ === '') throw new ConfigError('"typ" is a text that is not empty.');
  const more = checkExtra(options.header ?? {});
  let last: SigningKey | ExternalKey | undefined;
  let encoded = '';
  return key => {
    if (key === last) return encoded;
    const kid = key.kid === undefined ? {} : { kid: key.kid };
    const header: JoseHeader = { alg: key.alg, typ, ...kid, ...more };
    encoded = encodeHeader(header);
    last = key;
    return encoded;
  };
}

/** As it will stand in the token: what JSON drops is not there to be named by `crit`. */
function checkExtra(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError('"header" is an object.');
  const header = JSON.parse(toJson(given)) as Readonly<Record<string, unknown>>;
  for (const name of ['alg', 'kid', 'typ', 'b64', '__proto__'])
    if (Object.hasOwn(header, name))
      throw new ConfigError(
        `"header" cannot set "${name}": it comes from the key or an option, or has no place in a JWT.`,
      );
  checkOwnCritical({ alg: '', ...header });
  return header;
}

/** Claims to JSON text. What the options add is appended as text: copying the claims costs more than writing them. */
function payloadWriter(options: SignerOptions): (claims: Claims) => string {
  if (options.expiresIn === undefined)
    throw new ConfigError(
      '"expiresIn" is missing: a duration such as "15m", or null for a token that never expires.',
    );
  const life = options.expiresIn === null ? null : seconds(options.expiresIn, 'expiresIn');
  const wait = options.notBefore === undefined ? null : seconds(options.notBefore, 'notBefore');
  const { wall } = clockFrom(options.clock);
  const fixed = fixedClaims(options);
  const fixedText = members(fixed);
  const jwtId = jwtIdMaker(options.jwtId);
  const reserved = Object.keys(fixed);
  if (life !== null) reserved.push('exp');
  if (wait !== null) reserved.push('nbf');
  if (jwtId !== undefined) reserved.push('jti');
  return given => {
    const claims = plain(given);
    refuseReserved(claims, reserved);
    const iat = claims.iat ?? Math.floor(wall() / 1000);
    let more = fixedText;
    if (claims.iat === undefined) more += `,"iat":${iat}`;
    if (life !== null) more += `,"exp":${iat + life}`;
    if (wait !== null) more += `,"nbf":${iat + wait}`;
    if (jwtId !== undefined) more += `,"jti":${JSON.stringify(jwtId())}`;
    return joined(toJson(claims), more);
  };
}

/** A `toJSON` could write other claims than the ones that are checked. */
function plain(claims: Claims): Claims {
  const own = typeof claims?.['toJSON'] === 'function' ? (JSON.parse(toJson(claims)) as Claims) : claims;
  checkOwnClaims(own);
  return own;
}

function refuseReserved(claims: Claims, reserved: readonly string[]): void {
  for (let i = 0; i < reserved.length; i++) {
    const name = reserved[i] as string;
    if (claims[name] !== undefined)
      throw new ConfigError(
        `The claim "${name}" is set by an option of the signer, and again in the claims.`,
      );
  }
}

/** The members of an object as they stand in JSON, each after a comma. */
function members(object: object): string {
  const text = JSON.stringify(object).slice(1, -1);
  return text === '' ? '' : `,${text}`;
}

function joined(object: string, more: string): string {
  return object === '{}' ? `{${more.slice(1)}}` : `${object.slice(0, -1)}${more}}`;
}

function fixedClaims({ issuer, audience, subject }: SignerOptions): Claims {
  const claims: Claims = {
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    ...(subject === undefined ? {} : { sub: subject }),
  };
  checkOwnClaims(claims);
  if ([issuer, subject, audience].flat().includes('') || audience?.length === 0)
    throw new ConfigError('"issuer", "audience" and "subject" are not empty.');
  return claims;
}

function jwtIdMaker(jwtId: SignerOptions['jwtId']): (() => string) | undefined {
  if (jwtId === undefined || jwtId === false) return undefined;
  if (jwtId === true) return () => randomId(systemRandom);
  if (typeof jwtId !== 'function')
    throw new ConfigError('"jwtId" is true, false or a function that returns a text.');
  return () => {
    const id: unknown = jwtId();
    if (typeof id !== 'string' || id === '') throw new ConfigError('"jwtId" returned no text.');
    return id;
  };
}

function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new ConfigError('What is to be signed cannot be written as JSON.', { cause });
  }
}

function warn(hear: RiskListener, key: SigningKey | ExternalKey, payload: string, token: string): void {
  const { algorithm, signing } = materialOf(key);
  const bits = ((signing as KeyObject | undefined)?.symmetricKeySize ?? Number.POSITIVE_INFINITY) * 8;
  const risky = { token, claims: JSON.parse(payload), missingBits: algorithm.minimumBits - bits };
  for (const risk of (hear.find ?? risksOf)(risky)) hear(risk);
}
