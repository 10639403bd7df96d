import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openStore } from '#stores/open';
import { describeStore } from '../contracts/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'revocable-store-'));
let stores = 0;
afterAll(() => rmSync(folder, { recursive: true }));

describeStore('embedded', async options => {
  stores += 1;
  return openStore(`file:${join(folder, String(stores))}`, options);
});
