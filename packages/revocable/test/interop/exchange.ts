/** Tokens in both directions between this library and another implementation, for each algorithm that both have. */
import {
  createSigner,
  createVerifier,
  exportJwk,
  exportPem,
  type Jwk,
  publicKey,
  type SigningKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { keyOf, present } from '../jose/runtime.ts';

/** What a peer needs to sign `claims` or to check `token`. */
export interface Job {
  readonly alg: string;
  /** Base64url, of HMAC; the others have the two PEMs. */
  readonly secret?: string;
  readonly privatePem?: string;
  readonly publicPem?: string;
  readonly jwk: Jwk;
  readonly publicJwk: Jwk;
  readonly claims: object;
  readonly token?: string;
}

export interface Peer {
  readonly name: string;
  /** As JOSE names them. */
  readonly algs: readonly string[];
  /** Tokens, one a job. */
  sign(jobs: readonly Job[]): Promise<readonly string[]>;
  /** The claims of each token, or null for one that is refused. */
  verify(jobs: readonly (Job & { readonly token: string })[]): Promise<readonly (object | null)[]>;
}

const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: 'https://issuer.example',
  sub: 'J\u00fcrgen \u{1f511} "quoted"',
  aud: ['api', 'web'],
  exp: now + 600,
  nbf: now - 1,
  iat: now,
  jti: 'token-1',
  scope: 'read write',
  nested: { list: [1, -2.5, null, true, { deep: [] }], empty: {} },
};

function jobOf(alg: string): Job {
  const key = keyOf(alg) as SigningKey;
  const jwk = exportJwk(key, { private: true });
  if (key.type === 'secret') return { alg, secret: jwk.k as string, jwk, publicJwk: jwk, claims };
  const pems = { privatePem: exportPem(key, { private: true }), publicPem: exportPem(key) };
  return { alg, ...pems, jwk, publicJwk: exportJwk(key), claims };
}

/** Signed by us, with all that a signer puts in. */
const ours = ({ alg }: Job): string =>
  createSigner({ key: keyOf(alg) as SigningKey, expiresIn: null }).sign(claims);

/** Another payload under the same signature. */
function tampered(token: string): string {
  const [header, , signature] = token.split('.');
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')}.${signature}`;
}

function verifiedHere({ alg, publicPem }: Job, token: string): object {
  const own = keyOf(alg) as SigningKey;
  const keys = publicPem === undefined ? own : publicKey(alg as 'RS256', publicPem);
  return createVerifier({ keys, issuer: 'https://issuer.example', audience: 'api', typ: null }).verifySync(
    token,
  ).claims;
}

/** The suite that every peer runs. */
export function exchange(peer: Peer): void {
  const both = present.filter(alg => peer.algs.includes(alg));
  const lacking = present.filter(alg => !peer.algs.includes(alg));
  const without = lacking.length === 0 ? '' : `, which lacks ${lacking.join(', ')}`;
  describe(`${peer.name}: ${both.length} algorithms in both${without}`, () => {
    const jobs = both.map(jobOf);

    test('what we sign is verified there', async () => {
      const verified = await peer.verify(jobs.map(job => ({ ...job, token: ours(job) })));
      expect(both.map((alg, at) => [alg, verified[at]])).toEqual(both.map(alg => [alg, claims]));
    });

    test('what is signed there is verified here', async () => {
      const tokens = await peer.sign(jobs);
      const verified = jobs.map((job, at) => [job.alg, verifiedHere(job, tokens[at] as string)]);
      expect(verified).toEqual(both.map(alg => [alg, claims]));
      for (const [at, job] of jobs.entries())
        expect(() => verifiedHere(job, tampered(tokens[at] as string))).toThrow(
          expect.objectContaining({ code: 'ERR_TOKEN_SIGNATURE' }),
        );
    });

    test('what was changed on the way is refused there', async () => {
      const verified = await peer.verify(jobs.map(job => ({ ...job, token: tampered(ours(job)) })));
      expect(verified).toEqual(jobs.map(() => null));
    });
  });
}
