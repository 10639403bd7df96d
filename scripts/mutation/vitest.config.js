/** For the folder that `npm run mutation` lays out: the tests that `tests.js` names, in one thread. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: JSON.parse(process.env.MUTATION_TESTS),
    setupFiles: ['./setup.js'],
    server: { deps: { external: [/\/dist\//] } },
    isolate: false,
    maxWorkers: 1,
    testTimeout: 30_000,
  },
});
