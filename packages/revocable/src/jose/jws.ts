/** JSON Web Signature: the forms it is written in. RFC 7515 sections 3 and 7, RFC 7797. */
import { Buffer, isUtf8 } from 'node:buffer';
import { ConfigError, refuseUnknown } from '../errors.ts';
import { encodeBase64url } from './base64url.ts';
import { checkOwnCritical, type JoseHeader } from './header.ts';
import { materialOf, type SigningKey } from './key.ts';
import { signBytes } from './signature.ts';

/** RFC 7515 section 7.2.2. `payload` is absent when detached. */
export interface FlattenedJws {
  readonly payload?: string;
  readonly protected?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

/** RFC 7515 section 7.2.1. */
export interface GeneralJws {
  readonly payload?: string;
  readonly signatures: readonly Omit<FlattenedJws, 'payload'>[];
}

export type Serialization = 'compact' | 'flattened' | 'general';

export interface SignJwsOptions<S extends Serialization = Serialization> {
  /** Several for `general`: each makes a signature. */
  readonly key: SigningKey | readonly SigningKey[];
  /** @default 'compact' */
  readonly serialization?: S;
  /** Further protected members. A `crit` must name members of it. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Members outside the signature, for `flattened` and `general`. */
  readonly unprotected?: Readonly<Record<string, unknown>>;
  /** Leaves the payload out (RFC 7515 appendix F). @default false */
  readonly detached?: boolean;
  /** `false` signs and writes the payload as it is (RFC 7797). @default true */
  readonly b64?: boolean;
}

/** What `signJws` returns in each serialization. */
export interface Serialized {
  readonly compact: string;
  readonly flattened: FlattenedJws;
  readonly general: GeneralJws;
}

const OPTIONS: readonly string[] = ['key', 'serialization', 'header', 'unprotected', 'detached', 'b64'];

/**
 * Signs any octets, or a text's UTF-8.
 * @throws {ConfigError} ERR_CONFIG_INVALID, also for a payload that `b64: false` cannot carry in that serialization
 */
export function signJws<const S extends Serialization = 'compact'>(
  payload: Uint8Array | string,
  options: SignJwsOptions<S>,
): Serialized[S] {
  refuseUnknown(options, OPTIONS, 'signJws');
  const serialization: Serialization = options.serialization ?? 'compact';
  const keys: readonly SigningKey[] = Array.isArray(options.key) ? options.key : [options.key as SigningKey];
  for (const name of ['b64', 'detached'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw new ConfigError(`"${name}" is true or false.`);
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  if (!(bytes instanceof Uint8Array)) throw new ConfigError('The payload is octets or a text.');
  const written = writtenPayload(bytes, serialization, options);
  const parts = keys.map(key => signatureParts(bytes, key, options));
  return serialize(serialization, written, parts) as Serialized[S];
}

/** The payload as the serialization shows it; undefined when detached. */
function writtenPayload(
  bytes: Uint8Array,
  serialization: Serialization,
  options: SignJwsOptions,
): string | undefined {
  if (options.detached === true) return undefined;
  if (options.b64 !== false) return encodeBase64url(bytes);
  // RFC 7797 sections 5.2 and 5.3.
  const fits = serialization === 'compact' ? isCompactText(bytes) : isUtf8(bytes);
  if (!fits) throw new ConfigError('With b64: false this payload cannot be written so: use detached: true.');
  return Buffer.from(bytes).toString('utf8');
}

/** Printable ASCII without the dot that would end it. */
function isCompactText(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte >= 0x20 && byte <= 0x7e && byte !== 0x2e);
}

interface SignatureParts {
  readonly protected: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

function signatureParts(payload: Uint8Array, key: SigningKey, options: SignJwsOptions): SignatureParts {
  const material = materialOf(key);
  const header = protectedHeader(key, options);
  const segment = encodeBase64url(toJson(header));
  const signature = signBytes(material, signingInput(segment, payload, options.b64 !== false));
  const unprotected = checkUnprotected(options, header);
  return { protected: segment, ...(unprotected === undefined ? {} : { header: unprotected }), signature };
}

/** RFC 7515 section 5.1 step 8; RFC 7797 section 3. */
export function signingInput(segment: string, payload: Uint8Array, b64: boolean): Uint8Array {
  if (b64) return Buffer.from(`${segment}.${encodeBase64url(payload)}`, 'latin1');
  return Buffer.concat([Buffer.from(`${segment}.`, 'latin1'), payload]);
}

function protectedHeader(key: SigningKey, { header: given = {}, b64 }: SignJwsOptions): JoseHeader {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError('"header" is an object.');
  const header = JSON.parse(toJson(given)) as { readonly crit?: string[] };
  for (const name of ['alg', 'kid', 'b64', '__proto__'])
    if (Object.hasOwn(header, name))
      throw new ConfigError(`"header" cannot set "${name}": it comes from the key or an option.`);
  const kid = key.kid === undefined ? {} : { kid: key.kid };
  const whole: JoseHeader = { alg: key.alg, ...kid, ...header };
  checkOwnCritical(whole);
  return b64 === undefined ? whole : { ...whole, b64, crit: [...(header.crit ?? []), 'b64'] };
}

function checkUnprotected(
  { unprotected, serialization }: SignJwsOptions,
  header: JoseHeader,
): SignJwsOptions['unprotected'] {
  if (unprotected === undefined) return undefined;
  if ((serialization ?? 'compact') === 'compact')
    throw new ConfigError('The compact serialization has no unprotected header.');
  if (typeof unprotected !== 'object' || unprotected === null || Array.isArray(unprotected))
    throw new ConfigError('"unprotected" is an object.');
  const fault = unprotectedFault(unprotected, header);
  if (fault !== undefined) throw new ConfigError(`"unprotected" ${fault}.`);
  return JSON.parse(toJson(unprotected)) as Readonly<Record<string, unknown>>;
}

/** RFC 7515 sections 4.1.11 and 7.2.1, RFC 7797 section 3: some members are for the protected header, and none is in both. */
export function unprotectedFault(unprotected: object, header: object): string | undefined {
  for (const name of Object.keys(unprotected)) {
    if (name === 'crit' || name === 'b64') return `has "${name}", which belongs in the protected header`;
    if (Object.hasOwn(header, name)) return 'has a member that the protected header has too';
  }
  return undefined;
}

function serialize(
  serialization: Serialization,
  payload: string | undefined,
  parts: readonly SignatureParts[],
): unknown {
  const [first] = parts;
  if (first === undefined || (parts.length > 1 && serialization !== 'general'))
    throw new ConfigError('"key" is one key; several are for the general serialization.');
  if (serialization === 'compact') return `${first.protected}.${payload ?? ''}.${first.signature}`;
  const shown = payload === undefined ? {} : { payload };
  if (serialization === 'flattened') return { ...shown, ...first };
  if (serialization === 'general') return { ...shown, signatures: parts };
  throw new ConfigError('"serialization" is "compact", "flattened" or "general".');
}

function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new ConfigError('The header cannot be written as JSON.', { cause });
  }
}
