/** The Redis store. */
export type { RedisClient } from './client.ts';
export { clientFor, placeOfUrl } from './connect.ts';
export { openRedisStore } from './store.ts';
