/** Where state lies: the makers of the store port. */
export { type BackedUp, backupStore, type Restored, type RestoreOptions, restoreStore } from './backup.ts';
export { followRevocations } from './follow.ts';
export type { FollowEvent, FollowOptions } from './follow-options.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export { type OpenStoreOptions, openStore, type RedisLocation } from './open.ts';
export type { FeedFetch } from './remote-connection.ts';
