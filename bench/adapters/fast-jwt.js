/**
 * fast-jwt parses a key once when it is given as text; asynchronous there means a key function, whose key it prepares
 * at each call. Its cache keeps the result under a hash of the token, or tuned under the token itself.
 */
import { createDecoder, createSigner, createVerifier } from 'fast-jwt';
import { AUDIENCE, ISSUER, LIFETIME } from '../token.js';

const verifyingKey = keys => keys.bytes ?? keys.verifyingPem;
const signingKey = keys => keys.bytes ?? keys.signingPem;

export const fastJwt = {
  name: 'fast-jwt',
  package: 'fast-jwt',
  verify: keys => verifierOf(keys, verifyingKey(keys)),
  verifyAsync: keys => verifierOf(keys, async () => verifyingKey(keys)),
  verifyRepeated: keys => verifierOf(keys, verifyingKey(keys), { cache: true }),
  sign: keys => signerOf(keys, signingKey(keys)),
  signAsync: keys => signerOf(keys, async () => signingKey(keys)),
  decode: () => createDecoder(),
};

export const fastJwtTuned = {
  name: 'fast-jwt, tuned',
  package: 'fast-jwt',
  verifyRepeated: keys =>
    verifierOf(keys, verifyingKey(keys), { cache: true, cacheKeyBuilder: token => token }),
};

function verifierOf({ alg }, key, more = {}) {
  return createVerifier({ key, algorithms: [alg], allowedIss: ISSUER, allowedAud: AUDIENCE, ...more });
}

function signerOf({ alg, kid }, key) {
  return createSigner({ key, algorithm: alg, kid, iss: ISSUER, aud: AUDIENCE, expiresIn: LIFETIME * 1000 });
}
