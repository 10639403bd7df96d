/** What is risky about a token that verifies, for a signer's `warn`; `token-risks.ts` has the rest. A JWT is readable by anyone. */
import type { Claims } from './claims.ts';
import { exposuresOf, looksLikeCard } from './personal-data.ts';

export interface Risk {
  readonly code:
    | ('weak-secret' | 'no-expiry' | 'long-life' | 'unknown-crit' | 'huge' | 'personal-data')
    | ('brings-key' | 'odd-kid' | 'odd-header' | 'no-audience' | 'no-issuer' | 'not-revocable');
  readonly severity: 'high' | 'medium' | 'note';
  /** What is wrong, and what to do. It shows no value of a claim and no secret. */
  readonly message: string;
}

/** What is judged. */
export interface RiskyToken {
  readonly token: string;
  readonly claims: Claims;
  /** How many bits its HMAC secret lacks; 0 or less where none is known to. */
  readonly missingBits: number;
}

/** Hears of risks. `find` looks for them, instead of the few that every signer knows. */
export interface RiskListener {
  (risk: Risk): void;
  readonly find?: (token: RiskyToken) => readonly Risk[];
}

const DAY = 86_400;
/** Browsers and proxies cut headers at 8 KiB or less. */
const HUGE = 4096;

/**
 * The risks of a token that can be told without lists of what is known.
 * @param ofText what the text of a claim looks like
 */
export function risksOf(
  { token, claims, missingBits }: RiskyToken,
  ofText: (text: string) => string | undefined = looksLikeCard,
): readonly Risk[] {
  const { exp, iat, nbf } = claims;
  const risks: Risk[] = [];
  const add = (severity: Risk['severity'], code: Risk['code'], message: string): void => {
    risks.push({ code, severity, message });
  };
  if (missingBits > 0)
    add('high', 'weak-secret', `Its secret is ${missingBits} bits too short: who has a token can find it.`);
  for (const { path, looksLike } of exposuresOf(claims, ofText))
    add(
      'high',
      'personal-data',
      `The claim ${JSON.stringify(path.slice(0, 60))} looks like ${looksLike}: a token is not encrypted, anyone can read it.`,
    );
  if (exp === undefined)
    add('medium', 'no-expiry', 'It never expires: whoever finds it can use it for ever.');
  else {
    const days = Math.round((exp - (iat ?? nbf ?? exp)) / DAY);
    if (days > 1)
      add(
        'medium',
        'long-life',
        `It lives for ${days} days: access tokens live for minutes and are refreshed.`,
      );
  }
  if (token.length > HUGE)
    add('medium', 'huge', `It has ${token.length} characters: cookies end at 4096, many headers at 8192.`);
  return risks;
}
