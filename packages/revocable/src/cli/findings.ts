/** What is risky about a token, worst first. It needs no key, and says what to do. */
import type { Claims, JoseHeader, Unverified } from '../index.ts';
import { type Algorithm, findAlgorithm, tokenRisks } from '../jose/index.ts';
import { humanDate, humanDuration, isNumericDate } from './human-date.ts';
import { printable } from './output.ts';

export type Severity = 'high' | 'medium' | 'note';

export interface Finding {
  /** Stable, for machines. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
}

const ORDER: readonly Severity[] = ['high', 'medium', 'note'];

/** All findings of a token that decodes; `nowMs` in milliseconds. */
export function findingsOf(
  token: string,
  { header, claims, signature }: Unverified,
  nowMs: number,
): readonly Finding[] {
  const row = findAlgorithm(header.alg);
  const all = [
    ...algorithmFindings(header, row, signature),
    ...formFindings(claims),
    ...timeFindings(claims, nowMs),
    ...riskFindings(token, claims),
  ];
  return all.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

const finding = (severity: Severity, code: string, message: string): Finding => ({ code, severity, message });

function algorithmFindings(header: JoseHeader, row: Algorithm | undefined, signature: string): Finding[] {
  const octets = Buffer.from(signature, 'base64url').length;
  if (header.alg.toLowerCase() === 'none')
    return [finding('high', 'alg-none', 'Nobody signed it ("alg": "none"): every verifier must refuse it.')];
  if (row === undefined)
    return [
      finding('high', 'unknown-alg', 'Its algorithm is none that this library knows: it is refused here.'),
    ];
  if (octets === 0)
    return [finding('high', 'no-signature', 'It has no signature: every verifier must refuse it.')];
  if (row.signatureLength !== 0 && octets !== row.signatureLength)
    return [
      finding(
        'high',
        'signature-length',
        `Its signature has ${octets} bytes where ${row.name} has ${row.signatureLength}: it cannot be valid.`,
      ),
    ];
  if (row.kty === 'RSA' && octets < row.minimumBits / 8)
    return [
      finding(
        'high',
        'weak-key',
        `It was signed with an RSA key of ${octets * 8} bits; less than ${row.minimumBits} can be broken.`,
      ),
    ];
  return row.kty === 'oct'
    ? [finding('note', 'shared-secret', `${row.name}: whoever can verify it can also make such tokens.`)]
    : [];
}

/** Of claims without dates that are none: those are findings by themselves. */
function riskFindings(token: string, claims: Claims): readonly Finding[] {
  const sound = Object.fromEntries(
    Object.entries(claims).filter(([name]) => !isTime(name) || timeOf(claims, name) !== undefined),
  );
  const isExpiryUnsound = claims.exp !== undefined && sound['exp'] === undefined;
  return tokenRisks({ token, claims: sound, missingBits: 0 })
    .filter(({ code }) => code !== 'no-expiry' || !isExpiryUnsound)
    .map(({ severity, code, message }) => finding(severity, code, printable(message)));
}

const TEXTS: readonly (keyof Claims)[] = ['iss', 'sub', 'jti'];
type Time = 'exp' | 'nbf' | 'iat';
const TIMES: readonly Time[] = ['exp', 'nbf', 'iat'];
const isTime = (name: string): name is Time => (TIMES as readonly string[]).includes(name);

/** RFC 7519 section 4.1: a registered claim of the wrong type never counts as absent. */
function formFindings(claims: Claims): Finding[] {
  const odd: string[] = TEXTS.filter(
    name => claims[name] !== undefined && typeof claims[name] !== 'string',
  ).map(String);
  const { aud } = claims as { readonly aud?: unknown };
  const isAudience = (value: unknown): boolean => typeof value === 'string';
  if (aud !== undefined && !isAudience(aud) && !(Array.isArray(aud) && aud.every(isAudience)))
    odd.push('aud');
  odd.push(
    ...TIMES.filter(
      name => claims[name] !== undefined && !isNumericDate(claims[name]) && !isInMs(claims[name]),
    ),
  );
  const wrong = odd.map(name =>
    finding(
      'high',
      'claim-form',
      `The claim "${name}" is of the wrong type or form: verifiers must refuse the token.`,
    ),
  );
  const inMs = TIMES.filter(name => isInMs(claims[name])).map(name =>
    finding(
      'high',
      'milliseconds',
      `The claim "${name}" looks like milliseconds; the standard has seconds. Read as seconds it lies thousands of years ahead.`,
    ),
  );
  return [...wrong, ...inMs];
}

/** Later than 2096 as seconds, and a date of our time as milliseconds. */
function isInMs(value: unknown): boolean {
  return typeof value === 'number' && value > 4e9 * 100 && isNumericDate(value / 1000) && value / 1000 < 4e9;
}

function timeFindings(claims: Claims, nowMs: number): Finding[] {
  const [exp, nbf, iat] = TIMES.map(name => timeOf(claims, name));
  const findings: Finding[] = [];
  if (exp !== undefined && nowMs >= exp)
    findings.push(finding('note', 'expired', `It expired ${humanDate(exp, nowMs)}.`));
  if (nbf !== undefined && nowMs < nbf)
    findings.push(finding('note', 'not-yet-valid', `It is not valid yet: ${humanDate(nbf, nowMs)}.`));
  if (iat !== undefined && nowMs + 60_000 < iat)
    findings.push(
      finding(
        'medium',
        'from-the-future',
        `It says it was issued in the future: ${humanDate(iat, nowMs)}. A clock is wrong.`,
      ),
    );
  const begin = nbf ?? iat;
  if (exp !== undefined && begin !== undefined && exp <= begin)
    findings.push(finding('medium', 'never-valid', 'It expires before it begins to be valid.'));
  return findings;
}

/** In milliseconds; undefined where it is absent or no date. */
function timeOf(claims: Claims, name: Time): number | undefined {
  const value = claims[name];
  return isNumericDate(value) && !isInMs(value) ? value * 1000 : undefined;
}

/** From "iat" (or "nbf") to "exp", in words; undefined where one is missing. */
export function lifeOf(claims: Claims): string | undefined {
  const begin = timeOf(claims, 'iat') ?? timeOf(claims, 'nbf');
  const end = timeOf(claims, 'exp');
  return begin === undefined || end === undefined || end <= begin
    ? undefined
    : humanDuration((end - begin) / 1000);
}
