/** What the members of a token mean, in a few words. RFC 7515 section 4.1, RFC 7519 section 4.1, RFC 9068. */
import { type Algorithm, findAlgorithm } from '../jose/index.ts';

const HEADER: Readonly<Record<string, string>> = {
  kid: 'which key signed it',
  cty: 'what kind of content it has',
  crit: 'members that a verifier must understand',
  jku: 'a URL of keys; never followed here',
  x5u: 'a URL of a certificate; never followed here',
  jwk: 'a public key; never trusted here',
  x5c: 'a chain of certificates; never trusted here',
  x5t: 'the SHA-1 thumbprint of a certificate',
  'x5t#S256': 'the SHA-256 thumbprint of a certificate',
};

const TYPES: Readonly<Record<string, string>> = {
  jwt: 'a JSON Web Token',
  'at+jwt': 'an access token (RFC 9068)',
  'application/at+jwt': 'an access token (RFC 9068)',
  'logout+jwt': 'a logout token',
  'dpop+jwt': 'a DPoP proof (RFC 9449)',
  'secevent+jwt': 'a security event (RFC 8417)',
};

const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'issuer: who made it',
  sub: 'subject: whom it is about',
  aud: 'audience: who may take it',
  jti: 'its own identifier',
  scope: 'what it allows',
  client_id: 'the client it was made for',
  azp: 'the client it was made for',
  sid: 'the session it belongs to',
  tid: 'the tenant',
  nonce: 'ties it to one sign-in',
  acr: 'how strong the sign-in was',
  amr: 'how the user signed in',
  cnf: 'the key that its holder must prove',
};

const VERBS: Readonly<Record<string, string>> = {
  exp: 'expires',
  nbf: 'valid from',
  iat: 'issued',
  auth_time: 'signed in',
};

const SCHEMES: Readonly<Record<Algorithm['scheme'], string>> = {
  hmac: 'HMAC: one secret makes it and checks it',
  pkcs1: 'RSA: a private key makes it, the public one checks it',
  pss: 'RSA-PSS: a private key makes it, the public one checks it',
  ecdsa: 'ECDSA: a private key makes it, the public one checks it',
  pure: 'a private key makes it, the public one checks it',
};

/** undefined for members that nothing can be said of. */
export function headerMeaning(name: string, value: unknown): string | undefined {
  if (name === 'alg') {
    const row = findAlgorithm(value);
    return row === undefined ? 'no algorithm that is known here' : SCHEMES[row.scheme];
  }
  if (name === 'typ')
    return typeof value === 'string' && Object.hasOwn(TYPES, value.toLowerCase())
      ? TYPES[value.toLowerCase()]
      : 'its type';
  return Object.hasOwn(HEADER, name) ? HEADER[name] : undefined;
}

export function claimMeaning(name: string): string | undefined {
  return Object.hasOwn(CLAIMS, name) ? CLAIMS[name] : undefined;
}

/** "issued", for the date that follows. */
export function dateVerb(name: string): string | undefined {
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
}
