/** The Redis store. */
export { type RedisClient, reachOf } from './client.ts';
export { reachAt } from './connect.ts';
export { isRedisUrl, placeOfUrl } from './location.ts';
export { createPatientFeed } from './patient-feed.ts';
export { openRedisStore } from './store.ts';
