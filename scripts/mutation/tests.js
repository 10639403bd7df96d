/**
 * Which tests judge the changes of a file: all of them take ten seconds a change, of which there are thousands. A score by
 * some of the tests is never above that by all.
 */
const ALL = ['jose/*', 'keys/*', 'verifier/*', 'vectors/rfc'];
const KEYS = ['jose/key*', 'jose/pem*', 'jose/jwk*', 'jose/attacks', 'jose/advisories', 'vectors/rfc'];
const TOKENS = [
  'jose/rules',
  'jose/*.mutants',
  'jose/attacks',
  'jose/advisories',
  'jose/signer',
  'vectors/rfc',
];
const OF = {
  ...Object.fromEntries(
    'algorithms base64url der ecdsa hmac jwk key-rules key-source pem roca rsa-pss thumbprint'
      .split(' ')
      .map(name => [name, [`jose/${name}*`]]),
  ),
  ...of(
    KEYS,
    'crypto-key export-key external-key generate import-key key-set key native-key pair public-text',
  ),
  ...of([...TOKENS, 'verifier/*'], 'claims compact header json octets jwt'),
  ...of(['jose/jws*', 'vectors/rfc'], 'jws verify-jws'),
  ...of(
    ['jose/keys', 'jose/rules', 'jose/signature*', 'jose/signer*', 'vectors/rfc'],
    'signature signing-pool',
  ),
  ...of(['jose/signer*', 'jose/risks'], 'signer'),
  ...of(['jose/risks'], 'risks token-risks personal-data private-text national-id known-secrets'),
};

function of(tests, names) {
  return Object.fromEntries(names.split(' ').map(name => [name, tests]));
}

/** Globs of the test files that judge a file of `jose/`, named without its ending. */
export const testsOf = name => (OF[name] ?? ALL).map(tests => `packages/revocable/test/${tests}.test.ts`);
