/** With the best-known libraries for Node. */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { createSigner, createVerifier } from 'fast-jwt';
import { importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { exchange, type Job } from './exchange.ts';

/** It has no types of its own. */
const jsonwebtoken = createRequire(import.meta.url)('jsonwebtoken') as {
  sign(claims: object, key: KeyObject, options: object): string;
  verify(token: string, key: KeyObject, options: object): object;
};

const RFC7518 = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'],
  ...['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
];
const octets = ({ secret = '' }: Job): Buffer => Buffer.from(secret, 'base64url');
const signing = (job: Job): KeyObject =>
  job.secret === undefined ? createPrivateKey(job.privatePem as string) : createSecretKey(octets(job));
const verifying = (job: Job): KeyObject =>
  job.secret === undefined ? createPublicKey(job.publicPem as string) : createSecretKey(octets(job));

const each = <J, T>(jobs: readonly J[], work: (job: J) => T | Promise<T>): Promise<T[]> =>
  Promise.all(jobs.map(async job => work(job)));
const orNull = async (work: () => unknown): Promise<object | null> => {
  try {
    return (await work()) as object;
  } catch {
    return null;
  }
};

exchange({
  name: 'jose',
  algs: [...RFC7518, 'EdDSA', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  sign: jobs =>
    each(jobs, async ({ alg, jwk, claims }) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(await importJWK(jwk as JWK, alg)),
    ),
  verify: jobs =>
    each(jobs, ({ alg, publicJwk, token }) =>
      orNull(
        async () =>
          (await jwtVerify(token, await importJWK(publicJwk as JWK, alg), { algorithms: [alg] })).payload,
      ),
    ),
});

exchange({
  name: 'jsonwebtoken',
  algs: RFC7518,
  sign: jobs => each(jobs, job => jsonwebtoken.sign({ ...job.claims }, signing(job), { algorithm: job.alg })),
  verify: jobs =>
    each(jobs, job =>
      orNull(() => jsonwebtoken.verify(job.token, verifying(job), { algorithms: [job.alg] })),
    ),
});

exchange({
  name: 'fast-jwt',
  algs: [...RFC7518, 'EdDSA'],
  sign: jobs =>
    each(jobs, job =>
      createSigner({ key: job.privatePem ?? octets(job), algorithm: job.alg as 'HS256' })({ ...job.claims }),
    ),
  verify: jobs =>
    each(jobs, job =>
      orNull(() =>
        createVerifier({ key: job.publicPem ?? octets(job), algorithms: [job.alg as 'HS256'] })(job.token),
      ),
    ),
});
