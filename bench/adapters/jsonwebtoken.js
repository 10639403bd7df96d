/** jsonwebtoken takes KeyObjects fastest: text it would parse at each call. It has no EdDSA. */
import { promisify } from 'node:util';
import jsonwebtoken from 'jsonwebtoken';
import { AUDIENCE, ISSUER, LIFETIME } from '../token.js';

const verifyLater = promisify(jsonwebtoken.verify);
const signLater = promisify(jsonwebtoken.sign);
const hasAlg = make => keys => (keys.alg === 'EdDSA' ? undefined : make(keys));

export const jsonWebToken = {
  name: 'jsonwebtoken',
  package: 'jsonwebtoken',
  verify: hasAlg(keys => {
    const options = verifyOptions(keys);
    return token => jsonwebtoken.verify(token, keys.verifying, options);
  }),
  verifyAsync: hasAlg(keys => {
    const options = verifyOptions(keys);
    return token => verifyLater(token, keys.verifying, options);
  }),
  sign: hasAlg(keys => {
    const options = signOptions(keys);
    return claims => jsonwebtoken.sign(claims, keys.signing, options);
  }),
  signAsync: hasAlg(keys => {
    const options = signOptions(keys);
    return claims => signLater(claims, keys.signing, options);
  }),
  decode: () => token => jsonwebtoken.decode(token),
};

function verifyOptions({ alg }) {
  return { algorithms: [alg], issuer: ISSUER, audience: AUDIENCE };
}

function signOptions({ alg, kid }) {
  return { algorithm: alg, keyid: kid, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFETIME };
}
