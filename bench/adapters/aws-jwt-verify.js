/** aws-jwt-verify only verifies, with public keys of a JWK Set that it has at hand. */
import { JwtVerifier } from 'aws-jwt-verify';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { AUDIENCE, ISSUER } from '../token.js';

export const awsJwtVerify = {
  name: 'aws-jwt-verify',
  package: 'aws-jwt-verify',
  verify(keys) {
    const verifier = verifierOf(keys);
    return verifier && (token => verifier.verifySync(token));
  },
  verifyAsync(keys) {
    const verifier = verifierOf(keys);
    return verifier && (token => verifier.verify(token));
  },
  decode: () => token => decomposeUnverifiedJwt(token).payload,
};

function verifierOf({ bytes, jwk }) {
  if (bytes !== undefined) return undefined;
  const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks.json` });
  verifier.cacheJwks({ keys: [jwk] });
  return verifier;
}
