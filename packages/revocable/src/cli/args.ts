/** THE TABLE of commands: one row each. */
import type { Run } from './command.ts';
import { type FlagName, keyFlags } from './flags.ts';

export interface CommandRow {
  readonly name: string;
  readonly about: string;
  /** What it takes besides flags, as the help shows it; nothing if absent. */
  readonly takes?: string;
  readonly most?: number;
  readonly flags: readonly FlagName[];
  /** More of the help: sentences, then command lines. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
  /** Its words are for another program: they are passed on as they are. */
  readonly passesOn?: true;
  readonly load: () => Promise<{ readonly run: Run }>;
}

export const commands: readonly CommandRow[] = [
  {
    name: 'decode',
    about: 'show what a token says, without verifying it',
    takes: '[TOKEN]',
    most: 1,
    flags: [],
    notes: ['Nothing is proved: anyone can have written what it shows.'],
    examples: ['revocable decode @token.txt', 'pbpaste | revocable decode'],
    load: () => import('./decode.ts'),
  },
  {
    name: 'verify',
    about: 'check signature, times, issuer and audience',
    takes: '[TOKEN]',
    most: 1,
    flags: [
      ...keyFlags,
      ...([
        'jwks',
        'timeout',
        'issuer',
        'audience',
        'subject',
        'typ',
        'algorithms',
        'clock-tolerance',
      ] as const),
      ...(['max-age', 'no-require-expiry', 'required-claims', 'max-token-length', 'at'] as const),
    ],
    notes: [
      'The algorithm is that of the key, never what the token says.',
      'Issuer and audience are checked when they are given.',
    ],
    examples: [
      'revocable verify @token.txt --key @public.pem --issuer https://auth.example --audience api',
      'revocable verify - --jwks https://auth.example/.well-known/jwks.json < token.txt',
      'REVOCABLE_SECRET=… revocable verify @token.txt',
    ],
    load: () => import('./verify.ts'),
  },
  {
    name: 'sign',
    about: 'make a token',
    flags: [
      ...keyFlags,
      ...([
        'claims',
        'expires-in',
        'issuer',
        'audience',
        'subject',
        'not-before',
        'typ',
        'jwt-id',
        'header',
      ] as const),
    ],
    notes: ['"iat" is added unless the claims have it. Of a JWK Set the newest key signs.'],
    examples: [
      `revocable sign --key @private.pem --expires-in 15m --subject u1 --claims '{"scope":"read"}'`,
      'revocable sign --secret @secret.txt --expires-in 15m --claims @claims.json',
    ],
    load: () => import('./sign.ts'),
  },
  {
    name: 'inspect',
    about: 'explain a token, and what is risky about it',
    takes: '[TOKEN]',
    most: 1,
    flags: [],
    notes: [
      'Needs no key. A signature by HMAC is tried with the secrets that everyone tries first.',
      'A token with findings is no error: the exit code is 0.',
    ],
    examples: ['revocable inspect @token.txt', 'revocable inspect - --json < token.txt'],
    load: () => import('./inspect.ts'),
  },
  {
    name: 'keys generate',
    about: 'make a key',
    flags: ['alg', 'kid', 'modulus-length', 'format', 'out'],
    notes: [
      'Makes a key for RS256 unless --alg says another, and shows its private half: that is all there is of it.',
    ],
    examples: [
      'revocable keys generate --alg ES256 --out private.jwk',
      'revocable keys generate --alg RS256 --format pem > private.pem',
      'revocable keys generate --alg HS256',
    ],
    load: () => import('./keys-generate.ts'),
  },
  {
    name: 'keys convert',
    about: 'turn PEM into a JWK, or a JWK into PEM',
    takes: '[KEY]',
    most: 1,
    flags: [...keyFlags, 'format', 'private', 'out'],
    notes: [
      'Shows the public half unless --private is given; without --format PEM becomes JWK, and JWK PEM.',
    ],
    examples: [
      'revocable keys convert @private.pem',
      'revocable keys convert @key.jwk --private --out private.pem',
    ],
    load: () => import('./keys-convert.ts'),
  },
  {
    name: 'keys jwks',
    about: 'gather public keys in a JWK Set',
    takes: '[KEY…]',
    most: Number.POSITIVE_INFINITY,
    flags: ['key', 'alg', 'passphrase', 'allow-weak', 'out'],
    notes: ['Only public halves are in it, never a secret.'],
    examples: ['revocable keys jwks @new.pem @old.pem > jwks.json'],
    load: () => import('./keys-jwks.ts'),
  },
  {
    name: 'keys thumbprint',
    about: 'the RFC 7638 thumbprint of a key',
    takes: '[KEY…]',
    most: Number.POSITIVE_INFINITY,
    flags: ['key', 'alg', 'passphrase', 'allow-weak'],
    notes: ['Of a private key it is that of its public half.'],
    examples: ['revocable keys thumbprint @public.pem'],
    load: () => import('./keys-thumbprint.ts'),
  },
  {
    name: 'serve',
    about: 'run the token service',
    takes: '[FLAGS OF THE SERVICE]',
    flags: [],
    notes: [
      'Needs the package @revocable/service beside this one. Its settings are flags, as --port 4700, or the environment, as REVOCABLE_PORT.',
      '--print-config shows each setting, its value and where it comes from.',
    ],
    examples: ['revocable serve --port 4700 --store file:./data'],
    passesOn: true,
    load: () => import('./serve.ts'),
  },
  {
    name: 'backup',
    about: 'copy an embedded store while it runs',
    takes: 'FILE',
    most: 1,
    flags: ['store'],
    notes: [
      'FILE must not be there yet. It holds sessions, accounts, cut-offs and encrypted keys, but not the root secret.',
      'Where the journal of an authority lies beside the store it is not in it either: it is what a restored store is healed with.',
    ],
    examples: [
      'revocable backup /backups/monday.db',
      'revocable backup monday.db --store file:/var/lib/revocable',
    ],
    load: () => import('./backup.ts'),
  },
  {
    name: 'restore',
    about: 'make a store of a backup, and cut everyone off',
    takes: 'FILE',
    most: 1,
    flags: ['store', 'keep-sessions'],
    notes: [
      'The folder of the store must be empty but for "secret" and "journal" of the lost store.',
      'A backup lacks what was taken back after it was made, so everyone is cut off and signs in again.',
      'With --keep-sessions they go on; journals and followers that hold all give back what was taken back later.',
    ],
    examples: [
      'revocable restore /backups/monday.db',
      'revocable restore monday.db --store file:/var/lib/revocable --keep-sessions',
    ],
    load: () => import('./restore.ts'),
  },
];
