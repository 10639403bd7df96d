/** Mutation testing of what is built of `jose/`; `npm run mutation` lays out the folder in which this runs. */
export default {
  testRunner: 'vitest-loaded',
  plugins: ['@stryker-mutator/vitest-runner', './runner.js', './messages.js'],
  vitest: { configFile: 'vitest.config.js', related: false },
  inPlace: true,
  coverageAnalysis: 'perTest',
  incremental: true,
  ignorers: ['messages'],
  reporters: ['json', 'dots'],
  jsonReporter: { fileName: 'mutation.json' },
  concurrency: 1,
  timeoutMS: 8_000,
  cleanTempDir: 'always',
};
