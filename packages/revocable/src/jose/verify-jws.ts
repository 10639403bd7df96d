/** JSON Web Signature: checked in each form it is written in. RFC 7515 section 5.2, RFC 7797. */
import { Buffer } from 'node:buffer';
import { ConfigError, KeyError, type RevocableError, refuseUnknown, TokenError } from '../errors.ts';
import { findAlgorithm } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { malformed } from './compact.ts';
import { checkCritical, checkHeader, type JoseHeader } from './header.ts';
import { type JsonObject, parseJsonObject } from './json.ts';
import {
  type FlattenedJws,
  type GeneralJws,
  type Serialization,
  signingInput,
  unprotectedFault,
} from './jws.ts';
import { type KeyName, materialOf } from './key.ts';
import { algNotAllowed, type KeySource, type Keys, notFound, sourceOf } from './key-source.ts';
import { checkBytes } from './signature.ts';

export interface VerifyJwsOptions {
  readonly keys: Keys;
  /** The payload of a detached JWS; one that is not detached is refused with it. */
  readonly payload?: Uint8Array | string;
  /** Narrows the algorithms of the keys. */
  readonly algorithms?: readonly string[];
  /** Names in `crit` that the caller understands and acts upon; `b64` is understood here. @default [] */
  readonly crit?: readonly string[];
  /** Takes this form alone. @default all three */
  readonly serialization?: Serialization;
}

export interface VerifiedJws {
  readonly payload: Uint8Array;
  /** The JOSE header: the protected members, and the unprotected ones that `unprotected` repeats. */
  readonly header: JoseHeader;
  /** Members that no signature covers: anyone can have written them. */
  readonly unprotected?: Readonly<Record<string, unknown>>;
  readonly key: KeyName;
}

const OPTIONS: readonly string[] = ['keys', 'payload', 'algorithms', 'crit', 'serialization'];
/** So that nobody makes one JWS cost as much as thousands. */
const MOST_SIGNATURES = 16;

/**
 * Checks a JWS with keys at hand. Of several signatures one that holds is enough; `key` says whose it is.
 * @throws {TokenError} ERR_TOKEN_MISSING, _MALFORMED, _CRIT, _ALG_NOT_ALLOWED, _SIGNATURE, _TOO_LARGE
 * @throws {KeyError} ERR_KEY_NOT_FOUND, ERR_KEY_AMBIGUOUS
 */
export function verifyJws(jws: string | FlattenedJws | GeneralJws, options: VerifyJwsOptions): VerifiedJws {
  refuseUnknown(options, OPTIONS, 'verifyJws');
  const rules = rulesOf(options);
  const { form, payload, signatures } = takeApart(jws);
  if (options.serialization !== undefined && options.serialization !== form)
    throw malformed('The JWS is in another serialization than this call takes.');
  const failures: RevocableError[] = [];
  for (const signature of signatures) {
    try {
      return checkSignature(rules, payload, signature);
    } catch (error) {
      if (!(error instanceof TokenError || error instanceof KeyError)) throw error;
      failures.push(error);
    }
  }
  throw (
    failures.find(failure => failure.code === 'ERR_TOKEN_SIGNATURE') ??
    failures[0] ??
    malformed('The JWS has no signature.')
  );
}

interface Rules {
  readonly source: KeySource;
  readonly detached: Uint8Array | undefined;
  readonly algorithms: readonly string[] | undefined;
  readonly understood: readonly string[];
}

const FORMS: readonly (Serialization | undefined)[] = [undefined, 'compact', 'flattened', 'general'];

function rulesOf({ keys, payload, algorithms, crit = [], serialization }: VerifyJwsOptions): Rules {
  if (!Array.isArray(crit) || crit.some(name => typeof name !== 'string'))
    throw new ConfigError('"crit" is an array of names.');
  if (algorithms !== undefined && !areAlgorithms(algorithms))
    throw new ConfigError('"algorithms" is an array of names such as "RS256".');
  if (!FORMS.includes(serialization))
    throw new ConfigError('"serialization" is "compact", "flattened" or "general".');
  const detached = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  if (detached !== undefined && !(detached instanceof Uint8Array))
    throw new ConfigError('"payload" is octets or a text.');
  return { source: sourceOf(keys), detached, algorithms, understood: [...crit, 'b64'] };
}

function areAlgorithms(names: unknown): boolean {
  return Array.isArray(names) && names.length > 0 && names.every(name => findAlgorithm(name) !== undefined);
}

interface Apart {
  readonly form: Serialization;
  readonly payload: string | undefined;
  readonly signatures: readonly Omit<FlattenedJws, 'payload'>[];
}

function takeApart(jws: unknown): Apart {
  if (jws === undefined || jws === null || jws === '')
    throw new TokenError('ERR_TOKEN_MISSING', 'There is no JWS.');
  if (typeof jws === 'string') return takeCompactApart(jws);
  if (typeof jws !== 'object') throw malformed('A JWS is a string or an object.');
  const { payload, signatures, signature, protected: segment, header } = jws as Record<string, unknown>;
  if (payload !== undefined && typeof payload !== 'string') throw malformed('The payload is no string.');
  if (signatures === undefined) return { form: 'flattened', payload, signatures: [checkEntry(jws)] };
  // RFC 7515 section 7.2.2: a flattened JWS has no "signatures", and neither form has the members of both.
  if (signature !== undefined || segment !== undefined || header !== undefined || !Array.isArray(signatures))
    throw malformed('The JWS mixes the flattened and the general serialization.');
  if (signatures.length > MOST_SIGNATURES)
    throw new TokenError('ERR_TOKEN_TOO_LARGE', `The JWS has more than ${MOST_SIGNATURES} signatures.`);
  return { form: 'general', payload, signatures: signatures.map(checkEntry) };
}

function takeCompactApart(jws: string): Apart {
  const parts = jws.split('.', 4);
  const [segment = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) throw malformed('A compact JWS has three parts between exactly two dots.');
  return {
    form: 'compact',
    payload: payload === '' ? undefined : payload,
    signatures: [{ protected: segment, signature }],
  };
}

function checkEntry(entry: unknown): Omit<FlattenedJws, 'payload'> {
  const { protected: segment, header, signature } = (entry ?? {}) as Record<string, unknown>;
  const isHeader =
    header === undefined || (typeof header === 'object' && header !== null && !Array.isArray(header));
  if (typeof signature !== 'string' || (segment !== undefined && typeof segment !== 'string') || !isHeader)
    throw malformed('A signature of the JWS has not the members it must have.');
  return entry as Omit<FlattenedJws, 'payload'>;
}

function checkSignature(
  rules: Rules,
  payload: string | undefined,
  entry: Omit<FlattenedJws, 'payload'>,
): VerifiedJws {
  const { segment, header, unprotected } = headersOf(entry);
  checkCritical(header, rules.understood);
  const b64 = header['b64'] !== false;
  const bytes = payloadBytes(rules, payload, b64);
  if (decodeBase64url(entry.signature) === undefined)
    throw malformed('The signature is not in strict base64url.');
  const { alg } = header;
  if (findAlgorithm(alg) === undefined || !(rules.algorithms?.includes(alg) ?? true))
    throw algNotAllowed(alg);
  const candidates = rules.source.find(alg, header.kid);
  if (candidates.length === 0) {
    void rules.source.fetch?.(alg, header.kid).catch(() => {});
    throw notFound();
  }
  const input = signingInput(segment, bytes, b64);
  const key = candidates.find(candidate => checkBytes(materialOf(candidate), input, entry.signature));
  if (key === undefined) throw new TokenError('ERR_TOKEN_SIGNATURE', 'The signature does not prove the JWS.');
  return Object.freeze({
    payload: bytes,
    header,
    ...(unprotected === undefined ? {} : { unprotected }),
    key: materialOf(key).name,
  });
}

interface Headers {
  readonly segment: string;
  readonly header: JoseHeader;
  readonly unprotected: JsonObject | undefined;
}

/** RFC 7515 section 5.2 steps 2 to 4: the JOSE header is the union of two that share no name. */
function headersOf(entry: Omit<FlattenedJws, 'payload'>): Headers {
  const segment = entry.protected ?? '';
  const bytes = decodeBase64url(segment);
  const protectedOnes = segment === '' && entry.header !== undefined ? {} : bytes && parseJsonObject(bytes);
  if (protectedOnes === undefined) throw malformed('The protected header is no base64url of a JSON object.');
  const unprotected = entry.header === undefined ? undefined : plainObject(entry.header);
  const fault = unprotectedFault(unprotected ?? {}, protectedOnes);
  if (fault !== undefined) throw malformed(`The unprotected header ${fault}.`);
  return { segment, header: checkHeader(Object.freeze({ ...protectedOnes, ...unprotected })), unprotected };
}

/** An object that someone parsed, as if it had come as text: frozen, plain, nothing of its prototype. */
function plainObject(value: object): JsonObject {
  const object = parseJsonObject(Buffer.from(toText(value), 'utf8'));
  if (object === undefined) throw malformed('The unprotected header is no JSON object.');
  return object;
}

function toText(value: object): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

function payloadBytes({ detached }: Rules, payload: string | undefined, b64: boolean): Uint8Array {
  if (detached !== undefined) {
    if (payload !== undefined) throw malformed('The JWS has a payload, and another one was given.');
    return detached;
  }
  if (!b64) return unencodedPayload(payload ?? '');
  const bytes = decodeBase64url(payload ?? '');
  if (bytes === undefined) throw malformed('The payload is not in strict base64url.');
  return bytes;
}

/** RFC 7797 section 5: its characters as they are; a lone surrogate has no UTF-8. */
function unencodedPayload(payload: string): Uint8Array {
  const bytes = Buffer.from(payload, 'utf8');
  if (bytes.toString('utf8') !== payload) throw malformed('The payload has no UTF-8.');
  return bytes;
}
