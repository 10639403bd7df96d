/** What an authority is made with, checked once. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import { type Alg, type ExternalKey, findAlgorithm, type KeySet, type SigningKey } from '../jose/index.ts';
import {
  DELTA_MS,
  FEED_FORMAT,
  LEEWAY_MS,
  type Lifetimes,
  SCOPE_KINDS,
  type TokenProfile,
} from '../revocation/index.ts';
import { ROTATION_POLICIES, type RotationPolicy } from '../sessions/index.ts';
import type { Store } from '../store.ts';
import { type Duration, milliseconds, type WallClock } from '../time.ts';
import type { AuthorityEvent } from './event.ts';
import type { RootSecret } from './root.ts';

export interface SigningOptions {
  /** @default 'RS256' */
  readonly alg?: Alg;
  /** How long a key signs before the next one takes over. @default '30d' */
  readonly rotateEvery?: Duration;
  /** A key for a store that has none yet, made or being made; it is kept there, encrypted, like those made here. */
  readonly firstKey?: SigningKey | Promise<SigningKey>;
}

/** What an authority does with a store that has lost its past. */
export type StoreLoss = 'rebuild' | 'cutAll' | 'ignore';

export interface AuthorityOptions {
  readonly store: Store;
  /** `iss` of every token. */
  readonly issuer: string;
  /** `aud` of access tokens whose `issue` names none. */
  readonly audience: string | readonly string[];
  /** Keys kept in the store, encrypted. `null`: signs nothing, only takes back what another issuer signs. */
  readonly signing?: SigningOptions | null;
  /** Your own keys instead, of a KMS or an HSM too: the newest one that can, signs. Keep what it replaced there for one access lifetime. */
  readonly keys?: KeySet | readonly (SigningKey | ExternalKey)[];
  /** The root secret; several: the first makes, all are accepted. @default the one kept beside the store */
  readonly secret?: RootSecret | readonly RootSecret[];
  readonly access?: { readonly expiresIn?: Duration; readonly typ?: 'at+jwt' | 'JWT' };
  readonly refresh?: {
    /** Absolute life of a session. @default '30d' */
    readonly expiresIn?: Duration;
    /** @default '7d' */
    readonly idle?: Duration;
    /** @default '30s' */
    readonly grace?: Duration;
    /** @default 'recover' */
    readonly policy?: RotationPolicy;
    /** What is made; both are taken. As JWTs (`typ` rt+jwt) they can be read, by anyone, and checked here alone. @default 'opaque' */
    readonly format?: RefreshFormat;
  };
  /** DPoP, for who sends a proof (RFC 9449). `nonce`: each proof has a nonce of this authority. @default no nonces, '60s' */
  readonly dpop?: { readonly nonce?: boolean; readonly window?: Duration };
  /**
   * When the store has lost its past, as after a flush: `rebuild` heals it with whatever is left, and with nothing left does as
   * `cutAll`, which takes back everything; `ignore` opens it as it is.
   * @default 'rebuild'
   */
  readonly storeLoss?: StoreLoss;
  /** A folder for this authority's own revocations, by which a store that lost them is healed. @default beside a `file:` store */
  readonly journal?: string;
  /** Hears what happened, with ids, never tokens. @default a process warning of what somebody has to look at */
  readonly onEvent?: (event: AuthorityEvent) => void;
  /** The authority's own clock, a function like `Date.now`. */
  readonly clock?: WallClock;
}

/** `opaque`: short, says nothing. `jwt`: says whose it is and when it ends. The same rules hold for both. */
export type RefreshFormat = 'opaque' | 'jwt';
const FORMATS: readonly RefreshFormat[] = ['opaque', 'jwt'];

export interface Settings {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly alg: Alg;
  readonly rotateEveryMs: number;
  readonly accessMs: number;
  readonly typ: 'at+jwt' | 'JWT';
  readonly refreshMs: number;
  readonly idleMs: number;
  readonly graceMs: number;
  readonly policy: RotationPolicy;
  readonly refreshFormat: RefreshFormat;
  readonly dpop: { readonly nonce: boolean; readonly window?: Duration };
  readonly storeLoss: StoreLoss;
  readonly lives: Lifetimes;
  readonly profile: TokenProfile;
}

const OPTIONS = [
  'store',
  'issuer',
  'audience',
  'signing',
  'keys',
  'secret',
  'access',
  'refresh',
  'dpop',
  'storeLoss',
  'journal',
  'onEvent',
  'clock',
];

/** @throws {ConfigError} ERR_CONFIG_INVALID naming what is unknown, missing or contradictory */
export function settingsOf(options: AuthorityOptions): Settings {
  refuseUnknown(options, OPTIONS, 'createAuthority');
  if (typeof options.store?.begin !== 'function')
    throw new ConfigError('"store" is missing: open one with openStore().');
  if (options.keys !== undefined && options.signing !== undefined)
    throw new ConfigError(
      '"keys" and "signing" exclude each other: your own keys, or keys kept in the store.',
    );
  const { access, refresh, signing } = sections(options);
  const accessMs = milliseconds(access.expiresIn ?? '5m', 'access.expiresIn');
  const refreshMs = milliseconds(refresh.expiresIn ?? '30d', 'refresh.expiresIn');
  const issuer = text(options.issuer, 'issuer');
  const lives = { accessMs, refreshMs, leewayMs: LEEWAY_MS };
  return {
    issuer,
    audience: audienceOf(options.audience),
    alg: algOf(signing.alg ?? 'RS256'),
    rotateEveryMs: milliseconds(signing.rotateEvery ?? '30d', 'signing.rotateEvery'),
    accessMs,
    typ: oneOf(access.typ ?? 'at+jwt', ['at+jwt', 'JWT'], 'access.typ'),
    refreshMs,
    idleMs: milliseconds(refresh.idle ?? '7d', 'refresh.idle'),
    graceMs: milliseconds(refresh.grace ?? '30s', 'refresh.grace'),
    policy: oneOf(refresh.policy ?? 'recover', ROTATION_POLICIES, 'refresh.policy'),
    refreshFormat: oneOf(refresh.format ?? 'opaque', FORMATS, 'refresh.format'),
    dpop: dpopOf(options.dpop ?? {}),
    storeLoss: oneOf(options.storeLoss ?? 'rebuild', ['rebuild', 'cutAll', 'ignore'], 'storeLoss'),
    lives,
    profile: profileOf(issuer, lives, options.signing !== null),
  };
}

function dpopOf(dpop: NonNullable<AuthorityOptions['dpop']>): Settings['dpop'] {
  refuseUnknown(dpop, ['nonce', 'window'], 'createAuthority, "dpop",');
  if (dpop.nonce !== undefined && typeof dpop.nonce !== 'boolean')
    throw new ConfigError('"dpop.nonce" is true or false.');
  return { ...dpop, nonce: dpop.nonce ?? false };
}

function algOf(alg: Alg): Alg {
  const row = findAlgorithm(alg);
  if (row === undefined) throw new ConfigError('"signing.alg" is no algorithm of this library.');
  return row.name;
}

function sections(options: AuthorityOptions) {
  const { access = {}, refresh = {} } = options;
  const signing = options.signing ?? {};
  refuseUnknown(access, ['expiresIn', 'typ'], 'createAuthority, "access",');
  refuseUnknown(refresh, ['expiresIn', 'idle', 'grace', 'policy', 'format'], 'createAuthority, "refresh",');
  refuseUnknown(signing, ['alg', 'rotateEvery', 'firstKey'], 'createAuthority, "signing",');
  return { access, refresh, signing };
}

/** A second on top of each maximum: `exp` and `iat` are whole seconds. */
function profileOf(issuer: string, lives: Lifetimes, stamps: boolean): TokenProfile {
  return {
    issuer,
    format: FEED_FORMAT,
    scopes: SCOPE_KINDS,
    accessMaxMs: lives.accessMs + DELTA_MS,
    refreshMaxMs: lives.refreshMs + DELTA_MS,
    leewayMs: lives.leewayMs,
    stamps,
  };
}

export function audienceOf(audience: unknown): readonly string[] {
  const list = Array.isArray(audience) ? audience : [audience];
  if (list.length === 0) throw new ConfigError('"audience" is an empty list; it names at least one.');
  return list.map(each => text(each, 'audience'));
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new ConfigError(`"${name}" is missing; it is a text.`);
  return value;
}

function oneOf<const T extends string>(value: string, known: readonly T[], name: string): T {
  const found = known.find(each => each === value);
  if (found === undefined) throw new ConfigError(`"${name}" is one of: ${known.join(', ')}.`);
  return found;
}
