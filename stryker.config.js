/** Mutation testing of what is built of `jose/`; `npm run mutation` lays out the folder in which this runs. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './messages.js'],
  vitest: { configFile: 'vitest.config.js', related: false },
  inPlace: true,
  coverageAnalysis: 'perTest',
  incremental: true,
  ignorers: ['messages'],
  reporters: ['json', 'dots'],
  jsonReporter: { fileName: 'mutation.json' },
  concurrency: 2,
  timeoutMS: 20_000,
  cleanTempDir: 'always',
};
