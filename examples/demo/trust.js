/** All that a service needs to check tokens: the JWK Set's address and the feed's. No secret. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createVerifier, followRevocations, remoteKeySet } from 'revocable';
import { urls } from './places.js';

const request = new AsyncLocalStorage();

/** Network calls made while a request was being answered; the feed and the refreshing of keys go on beside them. */
export const figures = { requests: 0, networkCalls: 0, cutCountsAfterMs: 0 };

const countedFetch = (url, init) => {
  if (request.getStore() !== undefined) figures.networkCalls += 1;
  return fetch(url, init);
};

/** Runs a handler so that what it calls over the network is counted. */
export const counting = handler => {
  figures.requests += 1;
  return request.run(true, handler);
};

export async function trust(name) {
  const keys = remoteKeySet(`${urls.auth}/.well-known/jwks.json`, { fetch: countedFetch });
  await keys.load();
  const revocation = await followRevocations(`${urls.auth}/revocations`, { name, fetch: countedFetch });
  revocation.onRevoked(cut => {
    figures.cutCountsAfterMs = performance.timeOrigin + performance.now() - cut.at;
  });
  return createVerifier({ keys, issuer: urls.auth, audience: 'api', revocation });
}
