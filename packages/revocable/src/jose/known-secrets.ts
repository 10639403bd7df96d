/** Secrets that everyone tries first: of examples, tutorials, templates and lists of the most used passwords. */

/** Separated by bars; words apart are also written together, with hyphens, with underscores, and those in capitals. */
const PHRASES = [
  'your secret|your secret key|your secret here|your super secret|your very secret key|your jwt secret',
  'your jwt secret key|my secret|my secret key|super secret|super secret key|super secret password|top secret',
  'secret key|jwt secret|jwt secret key|jwt key|some secret|something secret|this is a secret|this is my secret',
  'this is a secret key|very secret|very secret key|ultra secret|not so secret|no secret|default secret',
  'change me|change it|change this|please change me|replace me|dev secret|test secret|example secret|example key',
  'private key|signing key|signing secret|token secret|access token|access token secret|refresh token secret',
  'auth secret|keyboard cat|test key|api key|my app|hello world',
];

/** Separated by bars, as they are. */
const TEXTS = [
  'your-256-bit-secret|your-384-bit-secret|your-512-bit-secret|a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  'my-32-character-ultra-secure-and-ultra-long-secret',
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'secret|Secret|SECRET|secrets|secret1|secret123|s3cr3t|s3cret|jwt|jsonwebtoken|shh|shhh|shhhh|shhhhh|hushhush',
  'default|development|dev|test|testing|example|demo|sample|foo|bar|foobar|baz|none|null|undefined|true|false',
  'key|token|auth|hmac|password|Password|password1|password123|Password1|Password123|passw0rd|P@ssw0rd',
  'p@ssword|pass|passwd|123|1234|12345|123456|12345678|123456789|1234567890|1234567890123456|0123456789',
  '111111|000000|123123|123321|654321|666666|qwerty|qwerty1|qwerty123|qwertyuiop|1q2w3e4r|1q2w3e4r5t|1qaz2wsx',
  'asdf|asdfgh|asdfghjkl|zxcvbn|zxcvbnm|abc123|abcd1234|abcdef|abcdefg|a|aaaa|aaaaaa',
  'admin|admin123|root|toor|guest|user|login|welcome|welcome1|letmein|master|iloveyou|trustno1|hello',
  'Hello, World!|whatever|nodejs|node|express|react|django|laravel|rails|spring',
  'database|company|app|api|server|production|prod|staging|local|localhost',
];

const listed = (lines: readonly string[]): string[] => lines.flatMap(line => line.split('|'));
const written = (phrase: string): string[] => {
  const ways = ['', '-', '_'].map(join => phrase.replaceAll(' ', join));
  return [phrase, ...ways, (ways[2] as string).toUpperCase()];
};
/** 32 octets, as a lazy one makes them. */
const repeated = (text: string): string => text.repeat(32).slice(0, 32);

/** Each once. They are public, so nothing is given away by their being here. */
export const knownSecrets: readonly string[] = [
  ...new Set([
    ...[...listed(PHRASES).flatMap(written), ...listed(TEXTS)],
    ...['0', 'a', 'x', '0123456789', '1234567890'].map(repeated),
  ]),
];
