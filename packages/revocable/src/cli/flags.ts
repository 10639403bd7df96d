/** THE TABLE of flags: each is named as the library's option is, and means the same at every command. */

export interface Flag {
  /** What its value is called in the help; a flag without one is on or off. */
  readonly value?: string;
  /** May be given several times. */
  readonly isList?: true;
  readonly about: string;
}

export type FlagName =
  | 'json'
  | 'help'
  | 'key'
  | 'secret'
  | 'secret-encoding'
  | 'jwks'
  | 'alg'
  | 'kid'
  | 'passphrase'
  | 'allow-weak'
  | 'timeout'
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'typ'
  | 'algorithms'
  | 'clock-tolerance'
  | 'max-age'
  | 'no-require-expiry'
  | 'required-claims'
  | 'max-token-length'
  | 'at'
  | 'claims'
  | 'expires-in'
  | 'not-before'
  | 'jwt-id'
  | 'header'
  | 'modulus-length'
  | 'format'
  | 'private'
  | 'out'
  | 'store'
  | 'keep-sessions';

export const flagTable: Readonly<Record<FlagName, Flag>> = {
  json: { about: 'one line of JSON, for machines' },
  help: { about: 'this text' },

  key: { value: 'KEY', isList: true, about: 'PEM, certificate, JWK or JWK Set; may be repeated' },
  secret: { value: 'TEXT', about: 'of HMAC; better @file, - or REVOCABLE_SECRET in the environment' },
  'secret-encoding': {
    value: 'HOW',
    about: 'how the secret is written: utf8 (default), base64url, hex, raw',
  },
  jwks: { value: 'URL', about: 'the JWK Set of an issuer, as https://…/.well-known/jwks.json' },
  alg: { value: 'ALG', about: 'the algorithm of the key; else its own: HS256, RS256, or that of its curve' },
  kid: { value: 'TEXT', about: 'the key ID; else the RFC 7638 thumbprint' },
  passphrase: { value: 'TEXT', about: 'opens an encrypted private key; better @file or -' },
  'allow-weak': { about: 'admits a short secret or RSA of 1024 bits' },
  timeout: { value: 'TIME', about: 'for the JWK Set (default 5s)' },

  issuer: { value: 'TEXT', isList: true, about: 'the issuer' },
  audience: { value: 'TEXT', isList: true, about: 'the audience; may be repeated' },
  subject: { value: 'TEXT', isList: true, about: 'the subject' },
  typ: { value: 'TEXT', isList: true, about: 'the "typ" of the header' },

  algorithms: { value: 'ALG', isList: true, about: 'takes only these of the algorithms that the keys have' },
  'clock-tolerance': { value: 'TIME', about: 'how far clocks may differ (default 0)' },
  'max-age': { value: 'TIME', about: 'the greatest age by "iat"' },
  'no-require-expiry': { about: 'takes a token without "exp" too' },
  'required-claims': { value: 'NAME', isList: true, about: 'claims that must be there; may be repeated' },
  'max-token-length': { value: 'COUNT', about: 'in characters (default 16384)' },
  at: { value: 'DATE', about: 'judges as if it were then, as 2026-11-24T03:17:44Z' },

  claims: { value: 'JSON', about: 'the claims, a JSON object' },
  'expires-in': { value: 'TIME', about: 'how long the token lives, or "never"' },
  'not-before': { value: 'TIME', about: 'how long after now it begins to be valid' },
  'jwt-id': { about: 'adds a random "jti"' },
  header: { value: 'JSON', about: 'further members of the header' },

  'modulus-length': { value: 'BITS', about: 'of an RSA key (default 2048)' },
  format: { value: 'FORM', about: 'jwk or pem' },
  private: { about: 'the private half or the secret too, instead of the public half' },
  out: { value: 'FILE', about: 'writes it to a new file that only you may read' },

  store: { value: 'URL', about: 'the store (default REVOCABLE_STORE, or file:./data)' },
  'keep-sessions': { about: 'sessions and tokens of the backup go on' },
};

/** Flags that every command has. */
export const everywhere: readonly FlagName[] = ['json', 'help'];
/** What keys come from. */
export const keyFlags: readonly FlagName[] = [
  'key',
  'secret',
  'secret-encoding',
  'alg',
  'kid',
  'passphrase',
  'allow-weak',
];

/** An error's `"clockTolerance"` is `--clock-tolerance` here. */
export function inFlags(message: string): string {
  let text = message;
  for (const name of Object.keys(flagTable)) {
    const option = name.replaceAll(/-./g, pair => pair.charAt(1).toUpperCase());
    if (option !== name) text = text.replaceAll(`"${option}"`, `--${name}`);
  }
  return text.replaceAll('"requireExpiry"', '--no-require-expiry');
}
