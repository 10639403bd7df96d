/** Secrets that everyone tries first: of examples, tutorials, templates and lists of the most used passwords. */

/** Separated by bars. */
const EXAMPLES = [
  'your-256-bit-secret|your-384-bit-secret|your-512-bit-secret|your-secret-key|your_secret_key',
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long|your_jwt_secret|your-jwt-secret',
  'your_jwt_secret_key|your-jwt-secret-key|yoursecret|yoursecretkey|your-very-secret-key|your_secret',
  'your-secret|your-secret-here|your_secret_here|YOUR_SECRET_KEY|mysecret|my-secret|my_secret',
  'mysecretkey|my-secret-key|my_secret_key|my-32-character-ultra-secure-and-ultra-long-secret',
  'supersecret|super-secret|super_secret|supersecretkey|super-secret-key|supersecretpassword|topsecret',
  'top-secret|secret|secretkey|secret-key|secret_key|secret123|secret1|secrets|s3cr3t|s3cret|Secret',
  'SECRET|jwt|jwtsecret|jwt-secret|jwt_secret|jwt_secret_key|jwt-secret-key|jwtkey|jwt-key|JWT_SECRET',
  'jsonwebtoken|shhhhh|shhhh|shhh|shh|hushhush|keyboard cat|keyboardcat|somesecret|some-secret',
  'somethingsecret|thisisasecret|this-is-a-secret|this is a secret|thisismysecret|thisisasecretkey',
  'this is my secret|verysecret|verysecretkey|very-secret|ultra-secret|ultrasecret|notsosecret',
  'not-so-secret|nosecret|default|default-secret|changeme|change-me|change_me|changeit|changethis',
  'change-this|please-change-me|replace-me|replaceme|CHANGE_ME|development|dev|dev-secret|devsecret',
  'dev_secret|test|test-secret|testsecret|test_secret|testing|testkey|example|example-secret',
  'example_key|demo|sample|foo|bar|foobar|baz|none|null|undefined|true|false|key|privatekey|private-key',
  'private_key|signingkey|signing-key|signing_secret|token|tokensecret|token-secret|access-token-secret',
  'ACCESS_TOKEN_SECRET|refresh-token-secret|accesstokensecret|auth|authsecret|auth-secret|hmac',
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
];

const PASSWORDS = [
  'password|Password|password1|password123|Password1|Password123|passw0rd|P@ssw0rd|p@ssword|pass|passwd',
  '123456|12345678|123456789|1234567890|12345|1234|123|111111|000000|123123|123321|654321|666666',
  '0123456789|01234567890123456789012345678901|12345678901234567890123456789012|1234567890123456',
  'qwerty|qwerty123|qwertyuiop|qwerty1|1q2w3e4r|1q2w3e4r5t|1qaz2wsx|asdf|asdfgh|asdfghjkl|zxcvbn|zxcvbnm',
  'abc123|abcd1234|abcdef|abcdefg|abcdefghijklmnopqrstuvwxyz|a|aaaa|aaaaaa|admin|admin123|administrator',
  'root|toor|guest|user|login|welcome|welcome1|letmein|master|superman|iloveyou|monkey|dragon|sunshine',
  'princess|football|baseball|shadow|michael|trustno1|hello|helloworld|hello world|Hello, World!|batman',
  'starwars|whatever|freedom|computer|internet|google|linux|nodejs|node|express|react|django|laravel',
  'rails|spring|docker|kubernetes|mongodb|postgres|redis|mysql|database|company|myapp|my-app|app|api',
  'apikey|api-key|api_key|server|production|prod|staging|local|localhost',
];

const REPEATED = ['0', 'a', 'x'].map(letter => letter.repeat(32));

/** Each once. They are public, so nothing is given away by their being here. */
export const knownSecrets: readonly string[] = [
  ...new Set([...[...EXAMPLES, ...PASSWORDS].flatMap(line => line.split('|')), ...REPEATED]),
];
