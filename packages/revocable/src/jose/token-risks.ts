/** All that is risky about a token, by lists of what is known: for `revocable inspect`, and in development for a signer. */
import { ConfigError } from '../errors.ts';
import { type Algorithm, findAlgorithm, type HmacAlgorithm } from './algorithms.ts';
import type { Claims } from './claims.ts';
import { parseCompact, proveCompact } from './compact.ts';
import type { JoseHeader } from './header.ts';
import { secretKey } from './import-key.ts';
import { decode } from './jwt.ts';
import { knownSecrets } from './known-secrets.ts';
import { looksPrivate } from './private-text.ts';
import { type Risk, type RiskListener, type RiskyToken, risksOf } from './risks.ts';

/**
 * A listener for `createSigner({ warn })` that hears all that `revocable inspect` would say of the claims, header and secret:
 * dictionary secrets, national ids and keys of well-known services too. For development: it tries hundreds of secrets a token.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 * @example createSigner({ key, expiresIn: '5m', warn: allRisks(risk => console.warn(risk.message)) })
 */
export function allRisks(hear: (risk: Risk) => void): RiskListener {
  if (typeof hear !== 'function') throw new ConfigError('allRisks takes a function that hears of risks.');
  return Object.assign((risk: Risk) => hear(risk), { find: tokenRisks });
}

/** Everything that can be told of a token without knowing what time it is. */
export function tokenRisks(token: RiskyToken): readonly Risk[] {
  const { header } = decode(token.token);
  const known = risks(knownSecretRows(token, findAlgorithm(header.alg)));
  const others = risksOf(token, looksPrivate).filter(
    ({ code }) => code !== 'weak-secret' || known.length === 0,
  );
  return [...known, ...others, ...risks([...headerRows(header), ...reachRows(token.claims)])];
}

/** A risk, if it is one. */
type Row = readonly [is: boolean, Risk['severity'], Risk['code'], message: string];

const risks = (rows: readonly Row[]): Risk[] =>
  rows.filter(([is]) => is).map(([, severity, code, message]) => ({ code, severity, message }));

/** RFC 8725 section 3.5: what an attacker tries first, off line and unseen. The secret that fits is not shown. */
function knownSecretRows({ token, claims }: RiskyToken, row: Algorithm | undefined): readonly Row[] {
  if (row?.kty !== 'oct') return [];
  const own = Object.values(claims).filter(value => typeof value === 'string' && value.length < 200);
  const isOwn = isMadeWith(token, row, own as string[]);
  const all = `one of the ${knownSecrets.length} that everyone tries first`;
  return [
    [
      isOwn || isMadeWith(token, row, knownSecrets),
      'high',
      'weak-secret',
      `Its secret is ${isOwn ? 'a value that stands in the token itself' : all}: anyone can make such tokens. Make a new one: revocable keys generate --alg ${row.name}.`,
    ],
  ];
}

function isMadeWith(token: string, row: Algorithm, secrets: readonly string[]): boolean {
  return secrets.some(utf8 => {
    try {
      const key = secretKey(row.name as HmacAlgorithm, { utf8 }, { allowWeak: true });
      return proveCompact(parseCompact(token), [key]) === key;
    } catch {
      return false; // an empty value, or the wrong one
    }
  });
}

/** Members by which a token tells its verifier where its key is. */
const KEY_BRINGERS: readonly string[] = ['jku', 'x5u', 'jwk', 'x5c'];
const ODD_IN_KID: readonly string[] = ['..', '/', "'", ';', '\0'];

function headerRows(header: JoseHeader): readonly Row[] {
  const bringers = KEY_BRINGERS.map(
    (name): Row => [
      header[name] !== undefined,
      'medium',
      'brings-key',
      `Its header brings a key or the way to one ("${name}"): a verifier that follows it lets an attacker choose the key.`,
    ],
  );
  return [
    ...bringers,
    [
      ODD_IN_KID.some(part => header.kid?.includes(part)),
      'medium',
      'odd-kid',
      'Its key ID looks like a path or a query: a verifier must only compare it.',
    ],
    [
      header.crit !== undefined,
      'medium',
      'unknown-crit',
      'It has a "crit" header: verifiers that do not understand what it names must refuse it, as this one does.',
    ],
    [
      header['zip'] !== undefined || header['enc'] !== undefined,
      'medium',
      'odd-header',
      'Its header has members of encrypted tokens, but it is not encrypted.',
    ],
  ];
}

function reachRows({ aud, iss, jti, sub, sid }: Claims): readonly Row[] {
  return [
    [
      aud === undefined,
      'note',
      'no-audience',
      'It names no audience: every service of its issuer may take it.',
    ],
    [
      iss === undefined,
      'note',
      'no-issuer',
      'It names no issuer: a verifier of several cannot tell whose it is.',
    ],
    [
      jti === undefined && sid === undefined && sub === undefined,
      'note',
      'not-revocable',
      'It names neither itself, a session nor a subject: it cannot be revoked alone.',
    ],
  ];
}
