/**
 * Which tests judge the changes of a file, where they are not its own alone: all of them take ten seconds a change, of which
 * there are thousands. A score by some of the tests is never above that by all.
 */
const KEYS = ['jose/keys*', 'jose/key-advisories', 'jose/key-rules'];
const OF = {
  ...of(KEYS, 'crypto-key export-key generate import-key key-set key native-key pair'),
  ...of(['jose/claims*', 'jose/signer'], 'claims'),
  ...of(['jose/header*', 'jose/jws*', 'jose/signer'], 'header'),
  ...of(['jose/header*', 'jose/compact*', 'jose/attacks', 'verifier/verifier'], 'compact'),
  ...of(['jose/jws*', 'vectors/rfc'], 'jws verify-jws'),
  ...of(['jose/signature', 'jose/signer'], 'jwt'),
  ...of(['jose/signer', 'jose/risks'], 'signer'),
  ...of(['jose/risks'], 'risks token-risks personal-data private-text national-id'),
  ...of(['jose/algorithms'], 'key-material public'), // types and names, nothing that runs
};

function of(tests, names) {
  return Object.fromEntries(names.split(' ').map(name => [name, tests]));
}

/** Globs of the test files that judge a file of `jose/`, named without its ending. */
export const testsOf = name =>
  (OF[name] ?? [`jose/${name}*`]).map(tests => `packages/revocable/test/${tests}.test.ts`);
