/**
 * Which tests judge the changes of a file: all of them take ten seconds a change, of which there are thousands. A score by
 * some of the tests is never above that by all.
 */
const ALL = ['jose/*', 'keys/*', 'verifier/*', 'vectors/rfc'];
const KEYS = ['jose/key*', 'jose/attacks', 'jose/advisories', 'vectors/rfc'];
const OWN =
  'algorithms base64url der ecdsa hmac json jwk key-rules key-source octets pem roca rsa-pss signature thumbprint';
const OF = {
  ...Object.fromEntries(OWN.split(' ').map(name => [name, [`jose/${name}*`]])),
  ...of(
    KEYS,
    'crypto-key export-key external-key generate import-key key-set key native-key pair public-text',
  ),
  ...of(['jose/claims*', 'jose/signer'], 'claims'),
  ...of(['jose/header*', 'jose/jws*', 'jose/signer'], 'header'),
  ...of(['jose/header*', 'jose/compact*', 'jose/attacks', 'jose/advisories', 'verifier/verifier'], 'compact'),
  ...of(['jose/jws*', 'vectors/rfc'], 'jws verify-jws'),
  ...of(['jose/signature*', 'jose/signer'], 'signing-pool jwt'),
  ...of(['jose/signer', 'jose/risks'], 'signer'),
  ...of(['jose/risks'], 'risks token-risks personal-data private-text national-id known-secrets'),
};

function of(tests, names) {
  return Object.fromEntries(names.split(' ').map(name => [name, tests]));
}

/** Globs of the test files that judge a file of `jose/`, named without its ending. */
export const testsOf = name => (OF[name] ?? ALL).map(tests => `packages/revocable/test/${tests}.test.ts`);
