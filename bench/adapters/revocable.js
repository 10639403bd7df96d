/** This library. A key is imported once; `cache` remembers proved signatures, and judges claims each time. */
import { createSigner, createVerifier, decode, privateKey, publicKey, secretKey } from 'revocable';
import { AUDIENCE, ISSUER, LIFETIME } from '../token.js';

export const revocable = {
  name: 'revocable',
  package: 'revocable',
  verify(keys) {
    const verifier = verifierOf(keys);
    return token => verifier.verifySync(token).claims;
  },
  verifyAsync(keys) {
    const verifier = verifierOf(keys);
    return async token => (await verifier.verify(token)).claims;
  },
  verifyRepeated(keys) {
    const verifier = verifierOf(keys, { cache: true });
    return token => verifier.verifySync(token).claims;
  },
  sign: keys => signerOf(keys).sign,
  signAsync: keys => signerOf(keys).signAsync,
  decode: () => token => decode(token).claims,
};

function verifierOf(keys, more = {}) {
  const key = keys.bytes ? signingKey(keys) : publicKey(keys.alg, keys.verifying, { kid: keys.kid });
  return createVerifier({ keys: key, issuer: ISSUER, audience: AUDIENCE, ...more });
}

function signerOf(keys) {
  return createSigner({ key: signingKey(keys), issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFETIME });
}

function signingKey({ alg, kid, bytes, signing }) {
  return bytes ? secretKey(alg, bytes, { kid }) : privateKey(alg, signing, { kid });
}
