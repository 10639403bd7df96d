/** Signing keys in the store: made, sealed, rotated and forgotten, one compare-and-set each, so two authorities agree. */
import { ConfigError, StoreError } from '../errors.ts';
import { type Alg, exportJwk, generateKeyAsync, importJwk, type SigningKey } from '../jose/index.ts';
import {
  dueSteps,
  type RingStep,
  type RingTerms,
  rotated,
  rotatedByHand,
  signingKey,
} from '../keys/index.ts';
import { type Random, randomId } from '../random.ts';
import type { KeyRow, KeyShelf, Store } from '../store.ts';
import type { Clock } from '../time.ts';
import type { Emit } from './event.ts';
import type { Settings } from './options.ts';
import type { Roots } from './root.ts';
import { isSealedByFirst, seal, unseal } from './seal.ts';

/** What keys in a store need of their authority. */
export interface ShelfContext {
  readonly store: Store;
  readonly roots: Roots;
  readonly random: Random;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly emit: Emit;
  /** For an empty store. */
  readonly firstKey?: SigningKey | Promise<SigningKey> | undefined;
}

/** How often a change is tried against others who change the shelf too. */
const TRIES = 5;

/** A retired key stays as long as what it signed may live. */
export function termsOf({ settings }: ShelfContext): RingTerms {
  const { accessMaxMs, leewayMs } = settings.profile;
  return { rotateEveryMs: settings.rotateEveryMs, keepAfterMs: accessMaxMs + leewayMs };
}

/** Changes the rows until nobody else changed them meanwhile; unchanged rows are not written. */
export async function changeShelf(
  context: ShelfContext,
  change: (rows: readonly KeyRow[]) => Promise<readonly KeyRow[]>,
): Promise<KeyShelf> {
  for (let tries = 0; tries < TRIES; tries++) {
    const shelf = await context.store.keys();
    const rows = await change(shelf.rows);
    if (rows === shelf.rows) return shelf;
    if (!(await context.store.putKeys(shelf.revision, rows))) continue;
    announce(context, signingKey(shelf.rows), signingKey(rows));
    return context.store.keys();
  }
  throw new StoreError('ERR_STORE_UNAVAILABLE', 'The signing keys are being changed by others; try again.');
}

function announce({ emit }: ShelfContext, before: KeyRow | undefined, now: KeyRow | undefined): void {
  if (before !== undefined && now !== undefined && before.kid !== now.kid)
    emit({ type: 'key.rotated', kid: now.kid, before: before.kid });
}

/** Everything that is due now but for the making of the next key, which need not be waited for. */
export function bringUpToDate(context: ShelfContext, withNext: boolean): Promise<KeyShelf> {
  return changeShelf(context, async rows => {
    let current = rows;
    const steps = dueSteps(rows, termsOf(context), context.clock.wall());
    for (const step of steps)
      if (withNext || step.step !== 'create' || step.state === 'active')
        current = await take(context, current, step);
    return current;
  });
}

/**
 * The next key takes over at once, published or not; where there is none yet, a fresh one does.
 * Two authorities that do so together rotate once: it is over as soon as the key that signed at the beginning does no more.
 */
export function rotateNow(context: ShelfContext, from?: string): Promise<KeyShelf> {
  return rotateBy(context, rotated, from);
}

/** The next key takes over as soon as it has been published for long enough; where there is none yet, it is made. */
export function rotateWhenPublished(context: ShelfContext): Promise<KeyShelf> {
  return rotateBy(context, (rows, nowMs) => rotatedByHand(rows, termsOf(context), nowMs));
}

async function rotateBy(
  context: ShelfContext,
  rotate: (rows: readonly KeyRow[], nowMs: number) => readonly KeyRow[],
  from?: string,
): Promise<KeyShelf> {
  const signed = from ?? signingKey((await context.store.keys()).rows)?.kid;
  return changeShelf(context, async rows => {
    if (signingKey(rows)?.kid !== signed) return rows;
    const after = rotate(await havingNext(context, rows), context.clock.wall());
    return after === rows ? rows : havingNext(context, after);
  });
}

async function havingNext(context: ShelfContext, rows: readonly KeyRow[]): Promise<readonly KeyRow[]> {
  return rows.some(row => row.state === 'next') ? rows : [...rows, await freshRow(context, 'next')];
}

export function dropKey(context: ShelfContext, kid: string): Promise<KeyShelf> {
  return changeShelf(context, async rows =>
    rows.some(row => row.kid === kid) ? rows.filter(row => row.kid !== kid) : rows,
  );
}

async function take(
  context: ShelfContext,
  rows: readonly KeyRow[],
  step: RingStep,
): Promise<readonly KeyRow[]> {
  if (step.step === 'create') return [...rows, await freshRow(context, step.state)];
  if (step.step === 'rotate') return rotated(rows, context.clock.wall());
  return rows.filter(row => row.kid !== step.kid);
}

async function freshRow(context: ShelfContext, state: 'next' | 'active'): Promise<KeyRow> {
  const { settings, roots, random, clock } = context;
  const isSecret = settings.alg.startsWith('HS');
  const key = (state === 'active' && (await givenKey(context))) || (await freshKey(context, isSecret));
  const kid = key.kid ?? randomId(random);
  const now = clock.wall();
  return {
    kid,
    alg: key.alg,
    state,
    createdAt: now,
    ...(state === 'active' && { activatedAt: now }),
    sealed: seal(JSON.stringify(exportJwk(key, { private: true })), kid, roots, random),
    publicJwk: isSecret ? '' : JSON.stringify(exportJwk(key)),
  };
}

/** A shared secret has no thumbprint to be named by, and must have a name to be taken back by. */
function freshKey({ settings, random }: ShelfContext, isSecret: boolean): Promise<SigningKey> {
  return generateKeyAsync(settings.alg, isSecret ? { kid: randomId(random) } : {});
}

async function givenKey({ firstKey, settings }: ShelfContext): Promise<SigningKey | undefined> {
  const key = await firstKey;
  if (key !== undefined && key.alg !== settings.alg)
    throw new ConfigError(
      `"signing.firstKey" is a key for ${key.alg}, and "signing.alg" is ${settings.alg}.`,
    );
  return key;
}

/**
 * Keys that a former root secret sealed are sealed under the first one, all at once: then the former is needed no more.
 * @throws {StoreError} ERR_STORE_CORRUPT when none of the root secrets opens one
 */
export function resealKeys(context: ShelfContext): Promise<KeyShelf> {
  const { roots, random } = context;
  const isCurrent = ({ sealed, kid }: KeyRow): boolean => isSealedByFirst(sealed, kid, roots);
  const reseal = (row: KeyRow): KeyRow => ({
    ...row,
    sealed: seal(unseal(row.sealed, row.kid, roots), row.kid, roots, random),
  });
  return changeShelf(context, async rows =>
    rows.every(isCurrent) ? rows : rows.map(row => (isCurrent(row) ? row : reseal(row))),
  );
}

/** @throws {StoreError} ERR_STORE_CORRUPT when the root secret is not that of the store */
export function openKey(row: KeyRow, context: ShelfContext): SigningKey {
  const jwk = JSON.parse(unseal(row.sealed, row.kid, context.roots));
  return importJwk(jwk, row.alg as Alg, { kid: row.kid }) as SigningKey;
}

/** The row that signs. */
export function signingRow(shelf: KeyShelf): KeyRow {
  const row = signingKey(shelf.rows);
  return row ?? noKey();
}

export function noKey(): never {
  throw new StoreError('ERR_STORE_UNAVAILABLE', 'The store has no key that signs.');
}
