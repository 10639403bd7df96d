/** Compiles: the program's own `fetch` fits wherever one can be given, and so does one that wraps it. */
import { followRevocations, remoteKeySet } from 'revocable';

export const keys = [
  remoteKeySet('https://a.example/', { fetch }),
  remoteKeySet('https://a.example/', { fetch: (url, init) => fetch(url, init) }),
];
export const replicas = [
  followRevocations('https://a.example/', { fetch }),
  followRevocations('https://a.example/', { fetch: (url, init) => fetch(url, init) }),
];
