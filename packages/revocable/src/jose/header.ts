/** The protected header: parsed strictly, `crit` and `typ` judged, the last ones remembered. RFC 7515 section 4, RFC 8725 section 3.11. */
import { Buffer } from 'node:buffer';
import { ConfigError, TokenError } from '../errors.ts';
import { type Algorithm, findAlgorithm } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

/** A JOSE header. `jku`, `jwk`, `x5u` and `x5c` may stand there; nothing follows or trusts them. */
export interface JoseHeader {
  readonly alg: string;
  readonly typ?: string;
  readonly kid?: string;
  readonly cty?: string;
  readonly crit?: readonly string[];
  readonly [member: string]: unknown;
}

export interface ProtectedHeader {
  readonly header: JoseHeader;
  /** `typ` in lower case without `application/`; undefined when absent. */
  readonly type: string | undefined;
  /** Its algorithm; undefined for one that the table does not have. */
  readonly algorithm: Algorithm | undefined;
  /** False when there is neither `crit` nor `b64`, and so nothing to judge. */
  readonly isExtended: boolean;
  /** True for one that came from the memory. */
  readonly isRemembered: boolean;
}

const LONGEST_REMEMBERED = 512;

/** Parsed headers by their exact text. The last one is at hand: services mostly see one header. */
export interface HeaderMemory {
  /**
   * The header of a token, whose payload begins at `payloadAt`.
   * @throws {TokenError} ERR_TOKEN_MALFORMED
   */
  headerOf(token: string, payloadAt: number): ProtectedHeader;
  remember(segment: string, parsed: ProtectedHeader): void;
}

/** Of so many headers at most; one more than that, and it begins anew. */
export function createHeaderMemory(most: number): HeaderMemory {
  const remembered = new Map<string, ProtectedHeader>();
  let lastSegment = '';
  let last: ProtectedHeader | undefined;
  return {
    headerOf(token, payloadAt) {
      const segment = token.slice(0, payloadAt - 1);
      if (last !== undefined && segment === lastSegment) return last;
      const known = remembered.get(segment);
      if (known === undefined) return readHeader(segment);
      last = known;
      lastSegment = ownCopy(segment);
      return known;
    },
    remember(segment, parsed) {
      if (segment.length > LONGEST_REMEMBERED) return;
      if (remembered.size >= most) remembered.clear();
      remembered.set(ownCopy(segment), Object.freeze({ ...parsed, isRemembered: true }));
    },
  };
}

/** Headers under a signature that was proved: strangers cannot fill it. */
export const provedHeaders: HeaderMemory = createHeaderMemory(128);
/** Headers that were only read. Apart, so that whoever sends garbage to `decode` slows no verifier down. */
export const readHeaders: HeaderMemory = createHeaderMemory(32);

/** A slice would keep the whole token alive. */
function ownCopy(segment: string): string {
  return Buffer.from(segment, 'latin1').toString('latin1');
}

function readHeader(segment: string): ProtectedHeader {
  const bytes = decodeBase64url(segment);
  const object = bytes === undefined ? undefined : parseJsonObject(bytes);
  if (object === undefined) throw malformedHeader('is no base64url of a JSON object');
  const header = checkHeader(object);
  return Object.freeze({
    header,
    type: mediaType(header.typ),
    algorithm: findAlgorithm(header.alg),
    isExtended: header.crit !== undefined || header['b64'] !== undefined,
    isRemembered: false,
  });
}

/**
 * Checks the types of the members that are used.
 * @throws {TokenError} ERR_TOKEN_MALFORMED
 */
export function checkHeader(object: JsonObject): JoseHeader {
  if (typeof object['alg'] !== 'string') throw malformedHeader('has no "alg"');
  for (const name of ['typ', 'kid', 'cty'])
    if (object[name] !== undefined && typeof object[name] !== 'string')
      throw malformedHeader(`has a "${name}" that is no string`);
  return object as unknown as JoseHeader;
}

function malformedHeader(what: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', `The protected header ${what}.`);
}

/** RFC 7515 section 4.1.9: case does not matter, and `application/` may be left out. */
export function mediaType(typ: string | undefined): string | undefined {
  const lower = typ?.toLowerCase();
  return lower?.startsWith('application/') && !lower.includes('/', 12) ? lower.slice(12) : lower;
}

/** Members that RFC 7515, 7516 and 7518 define, which `crit` must not name (RFC 7515 section 4.1.11). */
const REGISTERED: readonly string[] = [
  ...['alg', 'jku', 'jwk', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'typ', 'cty', 'crit'],
  ...['enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'],
];

/**
 * Judges `crit`: each member present, not registered, named once and understood; and `b64`, which only counts in it.
 * @throws {TokenError} ERR_TOKEN_CRIT
 */
export function checkCritical(header: JoseHeader, understood: readonly string[]): void {
  const critical: unknown = header.crit;
  if (critical === undefined && header['b64'] === undefined) return;
  const why =
    critical === undefined
      ? 'a "b64" that it does not name in "crit"'
      : criticalFault(header, critical, understood);
  if (why !== undefined) throw new TokenError('ERR_TOKEN_CRIT', `The protected header has ${why}.`);
}

/**
 * The same for a header that is to be signed: its maker understands what is in it.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function checkOwnCritical(header: JoseHeader): void {
  try {
    checkCritical(header, Object.keys(header));
  } catch (cause) {
    throw new ConfigError(
      '"crit" names members of the header that the standard does not define, each once.',
      { cause },
    );
  }
}

function criticalFault(
  header: JoseHeader,
  critical: unknown,
  understood: readonly string[],
): string | undefined {
  if (!Array.isArray(critical) || critical.length === 0) return 'a "crit" that is no list of names';
  if (new Set(critical).size !== critical.length) return 'a "crit" that names a member twice';
  for (const name of critical as unknown[]) {
    if (typeof name !== 'string' || !Object.hasOwn(header, name))
      return 'a "crit" that names what is not there';
    if (REGISTERED.includes(name)) return 'a "crit" that names a member of the standard';
    if (!understood.includes(name)) return 'a "crit" with a member that is not understood here';
  }
  if (header['b64'] !== undefined && !critical.includes('b64'))
    return 'a "b64" that it does not name in "crit"';
  return header['b64'] !== undefined && typeof header['b64'] !== 'boolean'
    ? 'a "b64" that is no boolean'
    : undefined;
}
