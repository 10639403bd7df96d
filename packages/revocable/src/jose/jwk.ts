/** JSON Web Key: its members and their forms. RFC 7517, RFC 7518 section 6, RFC 8037 section 2, RFC 9964. */
import { KeyError } from '../errors.ts';
import { type Algorithm, CURVES, type CurveName } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';

/** A JWK. Members that this library does not know are passed over. */
export interface Jwk {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly d?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
  readonly k?: string;
  readonly pub?: string;
  readonly priv?: string;
  readonly [member: string]: unknown;
}

/** A JWK Set, RFC 7517 section 5. */
export interface Jwks {
  readonly keys: readonly Jwk[];
}

/** The members that make the key, of both halves, per `kty`. */
const MEMBERS: Readonly<
  Record<Algorithm['kty'], { readonly public: readonly string[]; readonly private: readonly string[] }>
> = {
  oct: { public: [], private: ['k'] },
  RSA: { public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
  EC: { public: ['x', 'y'], private: ['d'] },
  OKP: { public: ['x'], private: ['d'] },
  AKP: { public: ['pub'], private: ['priv'] },
};
const PRIVATE_MEMBERS: readonly string[] = Object.values(MEMBERS).flatMap(members => members.private);

/** True when the JWK has a secret or private member. */
export function isPrivateJwk(jwk: Jwk): boolean {
  return PRIVATE_MEMBERS.some(name => jwk[name] !== undefined);
}

/**
 * Checks the members of a JWK for use under an algorithm: type, curve, `alg`, `use`, `key_ops`, and the form of each.
 * @throws {KeyError} ERR_KEY_INVALID
 */
export function checkJwk(jwk: Jwk, row: Algorithm): void {
  if (jwk.kty !== row.kty)
    throw invalid(`kty ${quote(jwk.kty)} contradicts ${row.name}, which takes ${row.kty}`);
  if (row.curves.length > 0 && !(row.curves as readonly unknown[]).includes(jwk.crv))
    throw invalid(`crv ${quote(jwk.crv)} contradicts ${row.name}, which takes ${row.curves.join(' or ')}`);
  if (jwk.alg !== undefined ? jwk.alg !== row.name : row.kty === 'AKP')
    throw invalid(`alg ${quote(jwk.alg)} contradicts ${row.name}`);
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') throw invalid('kid is not a string');
  if (jwk['oth'] !== undefined) throw invalid('RSA keys of more than two primes ("oth") are not taken');
  checkPurpose(jwk);
  const members = MEMBERS[row.kty];
  for (const name of members.public) checkMember(jwk, name, true);
  for (const name of members.private) checkMember(jwk, name, false);
}

/** RFC 7517 sections 4.2 and 4.3. */
function checkPurpose(jwk: Jwk): void {
  if (jwk.use !== undefined && jwk.use !== 'sig') throw invalid(`use ${quote(jwk.use)} is not "sig"`);
  if (jwk.key_ops === undefined) return;
  const operations = jwk.key_ops;
  if (!Array.isArray(operations) || operations.some(operation => typeof operation !== 'string'))
    throw invalid('key_ops is not an array of strings');
  if (new Set(operations).size !== operations.length) throw invalid('key_ops names an operation twice');
  if (!operations.includes('sign') && !operations.includes('verify'))
    throw invalid('key_ops has neither "sign" nor "verify"');
}

function checkMember(jwk: Jwk, name: string, required: boolean): void {
  const value = jwk[name];
  if (value === undefined && !required) return;
  const bytes = typeof value === 'string' ? decodeBase64url(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw invalid(`"${name}" is missing or no base64url`);
  // RFC 7518 sections 6.2.1.2, 6.2.2.1: the full size of a coordinate; RFC 8032 fixes the others.
  const octets = jwk.crv === undefined ? undefined : CURVES[jwk.crv as CurveName]?.octets;
  if (octets !== undefined && jwk.kty !== 'RSA' && bytes.length !== octets)
    throw invalid(`"${name}" has ${bytes.length} octets where the curve has ${octets}`);
}

/** True when `key_ops`, if there, allows it. Whether it is a list at all is for `checkPurpose`. */
export function allows(jwk: Jwk, operation: 'sign' | 'verify'): boolean {
  return !Array.isArray(jwk.key_ops) || jwk.key_ops.includes(operation);
}

/** Names of algorithms, types and curves may be quoted; what is long or no string may be anything. */
function quote(value: unknown): string {
  return typeof value === 'string' && value.length <= 20
    ? JSON.stringify(value)
    : 'that is missing or no such name';
}

function invalid(what: string): KeyError {
  return new KeyError('ERR_KEY_INVALID', `The JWK cannot be used: ${what}.`);
}
