/** What is risky about a token, worst first. It needs no key, and says what to do. */
import { type Claims, type JoseHeader, type KeyError, secretKey, type Unverified } from '../index.ts';
import { type Algorithm, findAlgorithm, parseCompact, proveCompact, risksOf } from '../jose/index.ts';
import { humanDate, humanDuration, isNumericDate } from './human-date.ts';
import { knownSecrets } from './known-secrets.ts';
import { oneLine } from './output.ts';
import { exposuresOf } from './personal-data.ts';

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
    ...(row?.kty === 'oct' ? secretFindings(token, row, claims) : []),
    ...headerFindings(header),
    ...formFindings(claims),
    ...timeFindings(claims, nowMs),
    ...lifeAndSizeFindings(header, claims, token.length),
    ...exposureFindings(claims),
    ...reachFindings(claims),
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

/** RFC 8725 section 3.5: what an attacker tries first, off line and unseen. The secret that fits is not shown. */
function secretFindings(token: string, row: Algorithm, claims: Claims): Finding[] {
  const own = Object.values(claims).filter(
    value => typeof value === 'string' && value !== '' && value.length < 200,
  );
  if (isMadeWith(token, row, own as string[]))
    return [
      finding(
        'high',
        'weak-secret',
        'Its secret is a value that stands in the token itself: anyone can make such tokens.',
      ),
    ];
  if (!isMadeWith(token, row, knownSecrets)) return [];
  const sentence = `Its secret is one of the ${knownSecrets.length} that everyone tries first: anyone can make such tokens.`;
  return [
    finding('high', 'weak-secret', `${sentence} Make a new one: revocable keys generate --alg ${row.name}.`),
  ];
}

function isMadeWith(token: string, row: Algorithm, secrets: readonly string[]): boolean {
  const keys = secrets.flatMap(utf8 => {
    try {
      return [secretKey(row.name as 'HS256', { utf8 }, { allowWeak: true })];
    } catch (error) {
      if ((error as KeyError).code === 'ERR_KEY_INVALID') return [];
      throw error;
    }
  });
  try {
    return keys.length > 0 && proveCompact(parseCompact(token), keys) !== undefined;
  } catch {
    return false;
  }
}

/** Members by which a token tells its verifier where its key is. */
const KEY_BRINGERS: readonly string[] = ['jku', 'x5u', 'jwk', 'x5c'];

function headerFindings(header: JoseHeader): Finding[] {
  const findings = KEY_BRINGERS.filter(name => header[name] !== undefined).map(name =>
    finding(
      'medium',
      'brings-key',
      `Its header brings a key or the way to one ("${name}"): a verifier that follows it lets an attacker choose the key.`,
    ),
  );
  const { kid } = header;
  if (
    kid !== undefined &&
    (kid.includes('..') || kid.includes('/') || kid.includes("'") || kid.includes(';') || kid.includes('\0'))
  )
    findings.push(
      finding(
        'medium',
        'odd-kid',
        'Its key ID looks like a path or a query: a verifier must only compare it.',
      ),
    );
  if (header.crit !== undefined)
    findings.push(
      finding(
        'medium',
        'unknown-crit',
        'It has a "crit" header: verifiers that do not understand what it names must refuse it, as this library does.',
      ),
    );
  if (header['zip'] !== undefined || header['enc'] !== undefined)
    findings.push(
      finding('medium', 'odd-header', 'Its header has members of encrypted tokens, but it is not encrypted.'),
    );
  return findings;
}

const TEXTS: readonly (keyof Claims)[] = ['iss', 'sub', 'jti'];
const TIMES: readonly ('exp' | 'nbf' | 'iat')[] = ['exp', 'nbf', 'iat'];

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
function timeOf(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = claims[name];
  return isNumericDate(value) && !isInMs(value) ? value * 1000 : undefined;
}

function lifeAndSizeFindings(header: JoseHeader, claims: Claims, length: number): Finding[] {
  const sound = Object.fromEntries(
    TIMES.filter(name => timeOf(claims, name) !== undefined).map(name => [name, claims[name]]),
  ) as Claims;
  const isExpiryUnsound = claims.exp !== undefined && sound.exp === undefined;
  const risks = risksOf(header, sound, length).filter(
    ({ code }) => code === 'huge' || code === 'long-life' || code === 'no-expiry',
  );
  return risks
    .filter(({ code }) => code !== 'no-expiry' || !isExpiryUnsound)
    .map(({ code, message }) => finding('medium', code, message));
}

function exposureFindings(claims: Claims): Finding[] {
  return exposuresOf(claims).map(({ path, looksLike }) =>
    finding(
      'high',
      'personal-data',
      `The claim "${oneLine(path)}" looks like ${looksLike}: a token is signed, not encrypted, and anyone can read it.`,
    ),
  );
}

function reachFindings(claims: Claims): Finding[] {
  const findings: Finding[] = [];
  if (claims.aud === undefined)
    findings.push(
      finding('note', 'no-audience', 'It names no audience: every service of its issuer may take it.'),
    );
  if (claims.iss === undefined)
    findings.push(
      finding(
        'note',
        'no-issuer',
        'It names no issuer: a verifier of several issuers cannot tell whose it is.',
      ),
    );
  if (claims.jti === undefined && claims['sid'] === undefined && claims.sub === undefined)
    findings.push(
      finding(
        'note',
        'not-revocable',
        'It names neither itself, a session nor a subject: it cannot be revoked alone.',
      ),
    );
  return findings;
}

/** From "iat" (or "nbf") to "exp", in words; undefined where one is missing. */
export function lifeOf(claims: Claims): string | undefined {
  const begin = timeOf(claims, 'iat') ?? timeOf(claims, 'nbf');
  const end = timeOf(claims, 'exp');
  return begin === undefined || end === undefined || end <= begin
    ? undefined
    : humanDuration((end - begin) / 1000);
}
