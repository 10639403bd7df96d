/** @node-rs/jsonwebtoken is Rust behind a native binding; it takes a key as text or octets, at each call. */
import { sign, signSync, verify, verifySync } from '@node-rs/jsonwebtoken';
import { AUDIENCE, ISSUER, LIFETIME, nowInSeconds } from '../token.js';

const verifyingKey = keys => keys.bytes ?? keys.verifyingPem;
const signingKey = keys => keys.bytes ?? keys.signingPem;

export const nodeRs = {
  name: '@node-rs/jsonwebtoken',
  package: '@node-rs/jsonwebtoken',
  verify: keys => verifierOf(verifySync, keys),
  verifyAsync: keys => verifierOf(verify, keys),
  sign: keys => signerOf(signSync, keys),
  signAsync: keys => signerOf(sign, keys),
};

function verifierOf(check, keys) {
  const rules = { algorithms: [keys.alg], iss: [ISSUER], aud: [AUDIENCE], leeway: 0, validateNbf: true };
  const key = verifyingKey(keys);
  return token => check(token, key, rules);
}

function signerOf(make, keys) {
  const header = { algorithm: keys.alg, keyId: keys.kid };
  const key = signingKey(keys);
  return claims => make({ ...claims, ...registered() }, key, header);
}

function registered() {
  const iat = nowInSeconds();
  return { iss: ISSUER, aud: AUDIENCE, iat, exp: iat + LIFETIME };
}
