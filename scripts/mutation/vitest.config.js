/** For the folder that `npm run mutation` lays out: the tests of `jose/`, `keys/` and `verifier/` in one thread. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/revocable/test/{jose,keys,verifier}/**/*.test.ts',
      'packages/revocable/test/vectors/rfc.test.ts',
    ],
    setupFiles: ['./setup.js'],
    server: { deps: { external: [/\/dist\//] } },
    isolate: false,
    maxWorkers: 1,
    testTimeout: 30_000,
  },
});
