/** Where state lies: the makers of the store port. */
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export { type OpenStoreOptions, openStore } from './open.ts';
