/** Tokens and their claims, put together by hand, so that no library measures itself on its own. */
import { signatureOf } from './signature.js';

export const ISSUER = 'https://auth.example';
export const AUDIENCE = 'https://api.example';
/** Seconds. */
export const LIFETIME = 3600;

export const payloads = ['small', '4 KiB'];
const LARGE = 4096;

export const nowInSeconds = () => Math.floor(Date.now() / 1000);

/** What an application says of its user; of the large ones the JSON of all claims has about 4 KiB. */
export function ownClaims(payload, number) {
  const claims = { sub: `user-${1000 + number}`, jti: `token-${number}`, scope: 'orders:read orders:write' };
  if (payload === 'small') return claims;
  const permissions = [];
  for (let size = 250; size < LARGE; size += permissions.at(-1).length + 3)
    permissions.push(`resource-${permissions.length}:read`);
  return { ...claims, permissions };
}

/** The same with what a signer adds; valid now. */
export function allClaims(payload, number) {
  const iat = nowInSeconds();
  return { ...ownClaims(payload, number), iss: ISSUER, aud: AUDIENCE, iat, exp: iat + LIFETIME };
}

export const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');

export function makeToken(keys, claims, header = { alg: keys.alg, typ: 'JWT', kid: keys.kid }) {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signatureOf(keys, Buffer.from(input)).toString('base64url')}`;
}

/** The parts of a token: the octets that are signed, the claims, the octets of the signature. */
export function partsOf(token) {
  const [header, payload, signature] = token.split('.');
  return {
    data: Buffer.from(`${header}.${payload}`),
    text: Buffer.from(payload, 'base64url').toString(),
    signature: Buffer.from(signature, 'base64url'),
  };
}
