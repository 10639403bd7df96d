/** Four libraries asked the same question, each configured as its own documentation advises. */
import { createHmac, type KeyObject, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { createVerifier, publicKey, secretKey, type VerificationKey } from 'revocable';

/** It has no types of its own. */
const jsonwebtoken = createRequire(import.meta.url)('jsonwebtoken') as {
  verify(token: unknown, key: unknown, options: object): unknown;
};

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'api';
/** Seconds; the same moment for all. */
export const NOW = 1_800_000_000;

/** The material of one algorithm, and a way to sign without any of the four. */
export interface Material {
  readonly alg: 'HS256' | 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly verifying: KeyObject | Buffer;
  sign(input: string): Buffer;
}

export function hmacMaterial(secret: Buffer): Material {
  return {
    alg: 'HS256',
    verifying: secret,
    sign: input => createHmac('sha256', secret).update(input).digest(),
  };
}

export function pairMaterial(
  alg: Exclude<Material['alg'], 'HS256'>,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Material {
  const hash = alg === 'EdDSA' ? null : 'sha256';
  const how = {
    RS256: {},
    PS256: { padding: 6, saltLength: 32 },
    ES256: { dsaEncoding: 'ieee-p1363' },
    EdDSA: {},
  }[alg];
  return {
    alg,
    verifying: publicKey,
    sign: input => sign(hash, Buffer.from(input), { key: privateKey, ...how } as never),
  };
}

export type Judge = 'revocable' | 'jose' | 'fast-jwt' | 'jsonwebtoken';
export const others: readonly Judge[] = ['jose', 'fast-jwt', 'jsonwebtoken'];

export interface Question {
  readonly token: unknown;
  readonly material: Material;
  /** Leaves out `algorithms`, as one may. */
  readonly anyAlgorithm?: boolean;
  readonly maxAge?: number;
}

type Verdict = 'accepts' | 'refuses' | 'cannot';
const JUDGES: Readonly<Record<Judge, (question: Question) => unknown>> = {
  revocable: ({ token, material, maxAge }) => {
    const { alg, verifying } = material;
    const keys: VerificationKey =
      alg === 'HS256' ? secretKey(alg, verifying as Buffer) : publicKey(alg, verifying as KeyObject);
    const age = maxAge === undefined ? {} : { maxAge };
    return createVerifier({
      keys,
      issuer: ISSUER,
      audience: AUDIENCE,
      clock: () => NOW * 1000,
      ...age,
    }).verifySync(token as string);
  },
  jose: ({ token, material, anyAlgorithm, maxAge }) =>
    jwtVerify(token as string, material.verifying as never, {
      ...(anyAlgorithm ? {} : { algorithms: [material.alg] }),
      ...{ issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(NOW * 1000) },
      ...(maxAge === undefined ? {} : { maxTokenAge: maxAge }),
    }),
  'fast-jwt': ({ token, material, anyAlgorithm, maxAge }) => {
    const { verifying } = material;
    const key = Buffer.isBuffer(verifying) ? verifying : verifying.export({ format: 'pem', type: 'spki' });
    return createFastVerifier({
      key: key as string,
      ...(anyAlgorithm ? {} : { algorithms: [material.alg] }),
      ...{ allowedIss: ISSUER, allowedAud: AUDIENCE, clockTimestamp: NOW * 1000 },
      ...(maxAge === undefined ? {} : { maxAge: maxAge * 1000 }),
    })(token as string);
  },
  jsonwebtoken: ({ token, material, anyAlgorithm, maxAge }) =>
    jsonwebtoken.verify(token, material.verifying, {
      ...(anyAlgorithm ? {} : { algorithms: [material.alg] }),
      ...{ issuer: ISSUER, audience: AUDIENCE, clockTimestamp: NOW },
      ...(maxAge === undefined ? {} : { maxAge }),
    }),
};

async function ask(judge: Judge, question: Question): Promise<Verdict> {
  if (judge === 'jsonwebtoken' && question.material.alg === 'EdDSA') return 'cannot';
  try {
    await JUDGES[judge](question);
    return 'accepts';
  } catch {
    return 'refuses';
  }
}

export interface Verdicts {
  readonly ours: Verdict;
  /** Those that say the opposite. */
  readonly against: readonly Judge[];
}

export async function judge(question: Question): Promise<Verdicts> {
  const ours = await ask('revocable', question);
  const against: Judge[] = [];
  for (const other of others) {
    const verdict = await ask(other, question);
    if (verdict !== 'cannot' && verdict !== ours) against.push(other);
  }
  return { ours, against };
}
