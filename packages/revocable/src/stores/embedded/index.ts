/** The embedded store: SQLite in a folder. */
export { type EmbeddedStoreOptions, folderOf, openEmbeddedStore } from './store.ts';
