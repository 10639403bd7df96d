/** A new key of each algorithm, in every form that some library takes fastest. */
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';

const PAIRS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};
const KID = 'bench-key';

export const algorithms = ['HS256', ...Object.keys(PAIRS)];

/** `signing` and `verifying` are KeyObjects; of a secret they are one. */
export function makeKeys(alg) {
  return alg === 'HS256' ? secretForms(alg) : pairForms(alg, ...PAIRS[alg]);
}

function secretForms(alg) {
  const bytes = randomBytes(32);
  const secret = createSecretKey(bytes);
  const jwk = { ...secret.export({ format: 'jwk' }), alg, kid: KID, use: 'sig' };
  return { alg, kid: KID, bytes, signing: secret, verifying: secret, jwk, privateJwk: jwk };
}

function pairForms(alg, type, options) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  const named = key => ({ ...key.export({ format: 'jwk' }), alg, kid: KID, use: 'sig' });
  return {
    alg,
    kid: KID,
    signing: privateKey,
    verifying: publicKey,
    signingPem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    verifyingPem: publicKey.export({ format: 'pem', type: 'spki' }),
    jwk: named(publicKey),
    privateJwk: named(privateKey),
  };
}
