import { join } from 'node:path/posix';

/**
 * Which tests judge the changes of a file beside its own: all of them take ten seconds a change, of which there are thousands.
 * A score by some of the tests is never above that by all.
 */
const OF = {
  ...of(['keys', 'key-advisories'], 'crypto-key export-key generate import-key key key-set native-key pair'),
  ...of(['signer'], 'claims'),
  ...of(['jws', 'jws.edges', 'signer'], 'header'),
  ...of(['header.mutants', 'attacks'], 'compact'),
  ...of(['jws', 'jws.edges', '../vectors/rfc'], 'verify-jws'),
  ...of(['../vectors/rfc'], 'jws'),
  ...of(['signature', 'signer'], 'jwt'),
  ...of(['risks'], 'signer token-risks personal-data private-text national-id'),
  ...of(['algorithms'], 'key-material public'), // types and names, nothing that runs
};

function of(tests, names) {
  return Object.fromEntries(names.split(' ').map(name => [name, tests]));
}

/** Globs of the test files that judge a file of `jose/`, named without its ending. */
export const testsOf = name =>
  [`${name}{,.*}`, ...(OF[name] ?? [])].map(tests =>
    join('packages/revocable/test/jose', `${tests}.test.ts`),
  );
