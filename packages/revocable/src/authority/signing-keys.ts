/** The keys an authority signs and verifies with: kept in the store, or its owner's own. */
import { ConfigError } from '../errors.ts';
import {
  type Claims,
  createKeySet,
  type ExternalKey,
  isKey,
  type Jwks,
  type KeySet,
  keySource,
  type SigningKey,
  signJwtAsync,
  sourceOf,
} from '../jose/index.ts';
import { publishedKeys, rotation } from '../keys/index.ts';
import type { KeyRow, KeyShelf } from '../store.ts';
import {
  bringUpToDate,
  dropKey,
  noKey,
  openKey,
  resealKeys,
  rotateNow,
  rotateWhenPublished,
  type ShelfContext,
  signingRow,
  termsOf,
} from './key-shelf.ts';

/** A signing key as an operator sees it. Times in milliseconds. */
export type KeyStatus = Omit<KeyRow, 'sealed' | 'publicJwk'>;

export interface RotateOptions {
  /** The key that signs is known to others: the next one does not wait until verifiers have it. @default false */
  readonly compromised?: boolean;
}

export interface KeyRotation {
  /** The key that takes over. */
  readonly kid: string;
  /** Now, or when it will have been published for long enough. */
  readonly signsFrom: Date;
}

export interface SigningKeys {
  /** Signs with the key that is active now. */
  sign(typ: string, claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** Every key that still verifies. */
  readonly verification: KeySet;
  jwks(): Jwks;
  has(kid: string): boolean;
  /** The next key takes over; the one that signed goes on verifying for one access lifetime. */
  rotate(options: RotateOptions): Promise<KeyRotation>;
  /**
   * Before a key is cut off: if it signs, the next one takes over.
   * @throws {ConfigError} ERR_CONFIG_INVALID when there is no other
   */
  giveWay(kid: string): Promise<void>;
  /** After a key was cut off: it is published no more. */
  drop(kid: string): Promise<void>;
  /** Takes over what other authorities of the store did. */
  follow(): Promise<void>;
  /** Rotates when it is time and forgets what is past its end; follows, too. */
  keepUp(): Promise<void>;
  status(): readonly KeyStatus[];
}

/** Opens the keys in the store; an empty store gets its first one. The one after it comes with the first upkeep. */
export async function openStoredKeys(context: ShelfContext): Promise<SigningKeys> {
  const verification = createKeySet();
  const opened = new Map<string, SigningKey>();
  let shelf: KeyShelf = { revision: -1, rows: [] };

  const follow = (newer: KeyShelf): void => {
    if (newer.revision === shelf.revision) return;
    shelf = newer;
    reconcile(shelf, opened, verification, context);
  };
  if (context.roots.length > 1) await resealKeys(context);
  follow(await bringUpToDate(context, false));
  return {
    verification,
    sign: (typ, claims) =>
      signWith(opened.get(signingRow(shelf).kid) ?? openKey(signingRow(shelf), context), typ, claims),
    jwks: () => publishedJwks(shelf, context),
    has: kid => opened.has(kid),
    rotate: async ({ compromised = false }) => {
      follow(await (compromised ? rotateNow(context) : rotateWhenPublished(context)));
      const { kid, signsFromMs } = rotation(shelf.rows, termsOf(context)) ?? noKey();
      return { kid, signsFrom: new Date(signsFromMs) };
    },
    giveWay: async kid => {
      follow(await context.store.keys());
      if (signingRow(shelf).kid === kid) follow(await rotateNow(context, kid));
    },
    drop: async kid => follow(await dropKey(context, kid)),
    follow: async () => follow(await context.store.keys()),
    keepUp: async () => follow(await bringUpToDate(context, true)),
    status: () => shelf.rows.map(({ sealed: _, publicJwk: __, ...status }) => status),
  };
}

/** The set gets the keys that are new on the shelf and loses those that left it. */
function reconcile(
  shelf: KeyShelf,
  opened: Map<string, SigningKey>,
  set: KeySet,
  context: ShelfContext,
): void {
  const wanted = new Set(shelf.rows.map(row => row.kid));
  for (const row of shelf.rows) {
    if (opened.has(row.kid)) continue;
    const key = openKey(row, context);
    opened.set(row.kid, key);
    set.add(key);
  }
  for (const kid of [...opened.keys()].filter(each => !wanted.has(each))) {
    opened.delete(kid);
    set.remove(kid);
  }
}

function publishedJwks(shelf: KeyShelf, context: ShelfContext): Jwks {
  const rows = publishedKeys(shelf.rows, termsOf(context), context.clock.wall());
  return {
    keys: rows.filter(row => row.publicJwk !== '').map(row => ({ ...JSON.parse(row.publicJwk), use: 'sig' })),
  };
}

/** The owner's own keys: nothing is made, kept or rotated here; the newest one that can, signs. */
export function ownKeys(keys: KeySet | readonly (SigningKey | ExternalKey)[]): SigningKeys {
  const set = keySource in keys ? keys : createKeySet(keys);
  const active = (): SigningKey | ExternalKey => {
    const newest = sourceOf(set).newest?.();
    if (newest === undefined)
      throw new ConfigError('"keys" has no private key, secret or external key that signs.');
    if (newest.kid === undefined)
      throw new ConfigError(
        'A signing secret in "keys" needs a "kid": it cannot be taken back without a name.',
      );
    return newest;
  };
  active();
  return {
    verification: set,
    sign: (typ, claims) => signWith(active(), typ, claims),
    jwks: () => set.toJwks(),
    has: kid => set.keys.some(key => key.kid === kid),
    rotate: async () => {
      throw new ConfigError('The keys are your own ("keys"): add a newer one to your KeySet to rotate.');
    },
    giveWay: async kid => giveWay(set, active, kid),
    drop: async kid => void set.remove(kid),
    follow: async () => {},
    keepUp: async () => {},
    status: () => set.keys.filter(isKey).map(key => statusOf(key, active())),
  };
}

function giveWay(set: KeySet, active: () => SigningKey | ExternalKey, kid: string): void {
  if (active().kid !== kid) return;
  const others = set.keys.filter(key => key.kid !== kid && key.type !== 'public');
  if (others.length === 0)
    throw new ConfigError('The key to cut off is the only one that signs: add another to "keys" first.');
  set.retire(kid);
}

function statusOf(key: KeySet['keys'][number], active: SigningKey | ExternalKey): KeyStatus {
  return { kid: key.kid ?? '', alg: key.alg, state: key === active ? 'active' : 'retired', createdAt: 0 };
}

function signWith(
  key: SigningKey | ExternalKey,
  typ: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const kid = key.kid === undefined ? {} : { kid: key.kid };
  return signJwtAsync({ alg: key.alg, typ, ...kid }, claims as Claims, key);
}
