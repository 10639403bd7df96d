/** Tokens that every verifier must refuse: one fault each, all else as it should be. */
import { makeKeys } from './keys.js';
import { allClaims, encode, makeToken, nowInSeconds } from './token.js';

/** Each with what is wrong with it. */
export function forgeriesOf(keys, payload) {
  const claims = allClaims(payload, 1);
  const good = makeToken(keys, claims);
  return [
    ['a changed bit in the signature', changedSignature(good)],
    ['the signature of another key', makeToken({ ...makeKeys(keys.alg), kid: keys.kid }, claims)],
    ['claims that the signature is not of', changedClaims(good, claims)],
    ['no signature', good.slice(0, good.lastIndexOf('.') + 1)],
    ['alg "none"', `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`],
    ['an expired token', makeToken(keys, { ...claims, exp: nowInSeconds() - 2 })],
    ['another audience', makeToken(keys, { ...claims, aud: 'https://other.example' })],
    ['another issuer', makeToken(keys, { ...claims, iss: 'https://evil.example' })],
  ];
}

/** In the middle, where each character carries six bits of it. */
function changedSignature(token) {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

function changedClaims(token, claims) {
  const [header, , signature] = token.split('.');
  return `${header}.${encode({ ...claims, sub: 'admin' })}.${signature}`;
}
