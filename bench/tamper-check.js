/** A speed is worth nothing without this: what is measured takes good tokens and refuses each forgery. */
import { setTimeout as sleep } from 'node:timers/promises';
import { forgeriesOf } from './forgeries.js';
import { isSignature } from './signature.js';
import {
  AUDIENCE,
  allClaims,
  ISSUER,
  LIFETIME,
  makeToken,
  nowInSeconds,
  ownClaims,
  partsOf,
} from './token.js';

/**
 * @returns {Promise<{ checks: number, faults: string[], later?: Promise<string | undefined> }>} faults in words, such as
 * "accepts an expired token"; `later` is one more, for which a token has to expire first
 */
export async function checkVerifier(verify, keys, payload) {
  const now = await tally([...acceptance(verify, keys, payload), ...refusals(verify, keys, payload)]);
  const exp = nowInSeconds() + 2;
  const token = makeToken(keys, { ...allClaims(payload, 1), exp });
  const first = await claimsBy(verify, token);
  const later = first === undefined ? Promise.resolve('refuses a good token') : expiry(verify, token, exp);
  return { ...now, checks: now.checks + 1, later };
}

export function checkSigner(sign, keys, payload) {
  return tally([1, 2, 3].map(number => signed(sign, keys, ownClaims(payload, number))));
}

export function checkDecoder(decode, keys, payload) {
  return tally([1, 2, 3].map(number => decoded(decode, keys, allClaims(payload, number))));
}

async function tally(checks) {
  const found = await Promise.all(checks);
  return { checks: checks.length, faults: [...new Set(found)].filter(fault => fault !== undefined) };
}

/** Twice: what remembers tokens has to take the second one as well. */
function acceptance(verify, keys, payload) {
  const token = makeToken(keys, allClaims(payload, 1));
  const { sub } = allClaims(payload, 1);
  return [1, 2].map(async () =>
    (await claimsBy(verify, token))?.sub === sub ? undefined : 'refuses a good token',
  );
}

function refusals(verify, keys, payload) {
  return forgeriesOf(keys, payload).map(async ([what, token]) =>
    (await claimsBy(verify, token)) === undefined ? undefined : `accepts ${what}`,
  );
}

async function expiry(verify, token, exp) {
  await sleep((exp + 1) * 1000 - Date.now());
  return (await claimsBy(verify, token)) === undefined ? undefined : 'accepts a token that has expired since';
}

async function claimsBy(verify, token) {
  try {
    return await verify(token);
  } catch {
    return undefined;
  }
}

async function signed(sign, keys, own) {
  const { data, text, signature } = partsOf(await sign(own));
  if (!isSignature(keys, data, signature)) return 'makes a signature that its key does not prove';
  const { iss, aud, iat, exp, ...rest } = JSON.parse(text);
  const added =
    iss === ISSUER && aud === AUDIENCE && Math.abs(iat - nowInSeconds()) <= 2 && exp === iat + LIFETIME;
  if (!added) return 'does not add issuer, audience, iat and exp';
  return sameJson(rest, own) ? undefined : 'signs other claims';
}

async function decoded(decode, keys, claims) {
  return sameJson(await decode(makeToken(keys, claims)), claims) ? undefined : 'decodes other claims';
}

/** In the same order or not. */
function sameJson(a, b) {
  const sorted = object => JSON.stringify(Object.entries(object).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
