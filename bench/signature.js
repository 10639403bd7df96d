/** Signatures by node:crypto alone: what the tokens of the benchmark bear, and what signers are checked with. */
import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto';

const hashOf = alg => (alg === 'EdDSA' ? null : 'sha256');
const raw = key => ({ key, dsaEncoding: 'ieee-p1363' });
const mac = (keys, data) => createHmac('sha256', keys.signing).update(data).digest();

/** The octets of a JWS signature. */
export function signatureOf(keys, data) {
  if (keys.alg === 'HS256') return mac(keys, data);
  return sign(hashOf(keys.alg), data, raw(keys.signing));
}

export function isSignature(keys, data, signature) {
  if (keys.alg === 'HS256') return signature.length === 32 && timingSafeEqual(mac(keys, data), signature);
  return verify(hashOf(keys.alg), data, raw(keys.verifying), signature);
}
