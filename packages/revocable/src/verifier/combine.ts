/** One verifier of several issuers: a token goes to the verifier of its `iss`, so that one issuer's key never proves another's. */
import { ConfigError } from '../errors.ts';
import { notFound, parseCompact, parseJsonText } from '../jose/index.ts';
import type { Verified } from './verified.ts';
import { type Checked, checked, type Verifier, type VerifyOptions } from './verifier.ts';

/** The claims of any of them. */
type ClaimsOf<V> = V extends Verifier<infer T> ? T : never;

/**
 * Combines verifiers; the token's `iss` chooses one, which then judges all of it.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a verifier of any issuer, and for two of one issuer
 */
export function combineVerifiers<const V extends readonly Verifier<unknown>[]>(
  ...verifiers: V
): Verifier<ClaimsOf<V[number]>> {
  type T = ClaimsOf<V[number]>;
  const byIssuer = indexed(verifiers) as ReadonlyMap<string, Verifier<T>>;
  const choose = (token: unknown): Verifier<T> => {
    const verifier = byIssuer.get(claimedIssuer(token) ?? '');
    if (verifier === undefined) throw notFound();
    return verifier;
  };
  type Token = string | null | undefined;
  const verifySync = (token: Token, came?: VerifyOptions): Verified<T> =>
    choose(token).verifySync(token, came);
  return Object.freeze({
    verify: async (token: Token, came?: VerifyOptions) => choose(token).verify(token, came),
    verifySync,
    check: (token: Token, came?: VerifyOptions): Checked<T> => checked(() => verifySync(token, came)),
    issuers: [...byIssuer.keys()],
    ...termsOf(verifiers),
  });
}

/** Whose nonce a client needs is known only when its token is; it then comes with the refusal. */
function termsOf(verifiers: readonly Verifier<unknown>[]): Pick<Verifier, 'dpop'> {
  const algorithms = verifiers.find(({ dpop }) => dpop !== undefined)?.dpop?.algorithms;
  return algorithms === undefined ? {} : { dpop: { algorithms, nonce: () => undefined } };
}

function indexed(verifiers: readonly Verifier<unknown>[]): Map<string, Verifier<unknown>> {
  if (verifiers.length === 0) throw new ConfigError('combineVerifiers takes verifiers.');
  const byIssuer = new Map<string, Verifier<unknown>>();
  for (const verifier of verifiers) {
    const issuers: unknown = (verifier as Verifier<unknown> | null)?.issuers;
    if (!Array.isArray(issuers))
      throw new ConfigError('Each verifier that is combined names its issuer: null would take any.');
    for (const issuer of issuers as string[]) {
      if (byIssuer.has(issuer)) throw new ConfigError(`Two of the verifiers are for the issuer ${issuer}.`);
      byIssuer.set(issuer, verifier);
    }
  }
  return byIssuer;
}

/** Longer tokens are for no verifier here; each has its own, smaller limit. */
const LONGEST = 1_048_576;

/** What the token says its issuer is. It only chooses who judges, and an unreadable one chooses nobody. */
function claimedIssuer(token: unknown): string | undefined {
  const issuer = parseJsonText(parseCompact(token, LONGEST).text ?? '')?.['iss'];
  return typeof issuer === 'string' ? issuer : undefined;
}
