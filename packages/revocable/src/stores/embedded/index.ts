/** The embedded store: SQLite in a folder. */
export { backUp } from './backup.ts';
export { type RestoredFolder, restoreFolder } from './restore.ts';
export { type EmbeddedStoreOptions, folderOf, openEmbeddedStore } from './store.ts';
