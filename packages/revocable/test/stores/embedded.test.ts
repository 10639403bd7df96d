import { afterAll, beforeAll } from 'vitest';
import type { Store } from '#store';
import { openStore } from '#stores/open';
import { describeStore } from '../contracts/store.ts';
import { dataFolders } from './data-folder.ts';

const newFolder = dataFolders();

// Keeps the worker from being started anew for each test.
let other: Store;
beforeAll(async () => {
  other = await openStore(`file:${newFolder()}`);
});
afterAll(() => other.close());

describeStore('embedded', async options => openStore(`file:${newFolder()}`, options));
