/** Where state lies: the makers of the store port. */
export { type FollowEvent, type FollowOptions, followRevocations } from './follow.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export { type OpenStoreOptions, openStore, type RedisLocation } from './open.ts';
export type { FeedFetch } from './remote-connection.ts';
