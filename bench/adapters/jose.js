/** jose works on WebCrypto, so it has no synchronous form but for decoding; CryptoKeys are what it takes fastest. */
import { decodeJwt, importJWK, jwtVerify, SignJWT } from 'jose';
import { AUDIENCE, ISSUER, LIFETIME } from '../token.js';

export const jose = {
  name: 'jose',
  package: 'jose',
  async verifyAsync(keys) {
    const key = await cryptoKey(keys, keys.jwk);
    const options = { algorithms: [keys.alg], issuer: ISSUER, audience: AUDIENCE };
    return async token => (await jwtVerify(token, key, options)).payload;
  },
  async signAsync(keys) {
    const key = await cryptoKey(keys, keys.privateJwk);
    return claims => signed(keys, key, claims);
  },
  decode: () => decodeJwt,
};

function signed({ alg, kid }, key, claims) {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', kid }).setIssuedAt();
  return jwt.setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime(`${LIFETIME}s`).sign(key);
}

function cryptoKey({ alg, bytes }, jwk) {
  if (bytes === undefined) return importJWK(jwk, alg);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}
