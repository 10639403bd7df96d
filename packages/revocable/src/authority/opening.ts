/** What an authority stands on: its settings, store, root secret, keys and own replica, opened. */
import { ConfigError } from '../errors.ts';
import type { Random } from '../random.ts';
import {
  type CutEntry,
  createReplica,
  type LocalReplica,
  type Scope,
  scopeKind,
  tell,
} from '../revocation/index.ts';
import type { Journal, Store } from '../store.ts';
import type { Clock, Timers } from '../time.ts';
import { createAlarms } from './alarms.ts';
import type { Context } from './context.ts';
import { isProved, prove } from './cut-proof.ts';
import { type AuthorityEvent, warnOf } from './event.ts';
import { declareOwner, type HealingContext, healAll, lacking } from './healing.ts';
import type { AuthorityOptions, Settings } from './options.ts';
import { type Roots, rootsFrom } from './root.ts';
import { createSenderProofs } from './sender-proof.ts';
import { openStoredKeys, ownKeys, type SigningKeys } from './signing-keys.ts';
import { createTakeover, tellHealed } from './takeover.ts';
import { createTokenCuts } from './token-cuts.ts';

/** What an authority takes from the machine it runs on. */
export interface AuthorityPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Opens all of it; the keys, where the store holds none yet, are made. */
export async function openContext(
  options: AuthorityOptions,
  settings: Settings,
  ports: AuthorityPorts,
): Promise<Context> {
  const { store, onEvent = warnOf } = options;
  const [roots, journal] = await Promise.all([rootsOf(options), store.journal(options.journal)]);
  let replica: LocalReplica | undefined;
  const common = {
    settings,
    store,
    roots,
    journal,
    ...ports,
    emit: (event: AuthorityEvent) => tell(onEvent, event),
  };
  const remembered = rememberedBy(journal, settings, roots);
  const own = (): CutEntry[] => [...remembered, ...(replica?.entries() ?? [])];
  const takeOver = createTakeover({ ...common, own: () => own().map(entry => provedEntry(entry, common)) });
  await openStore(common, remembered, takeOver);
  const base = {
    ...common,
    takeOver,
    alarms: createAlarms(common),
    senderProofs: createSenderProofs(settings, roots, store, ports.clock),
    tokenCuts: createTokenCuts(() => ports.clock.wall()),
  };
  const keys = await keysOf(options, base);
  replica = ownReplica(store, ports, keys);
  if (keys !== undefined)
    replica.onRevoked(({ scope }) => void takeOutOfUse(keys, scope).catch(() => undefined));
  return { ...base, keys, replica };
}

/** Of a journal, what an authority of this issuer wrote. */
const rememberedBy = (journal: Journal | undefined, { issuer }: Settings, roots: Roots): CutEntry[] =>
  (journal?.entries() ?? []).filter(entry => isProved(entry, issuer, roots));

const provedEntry = (entry: CutEntry, { settings, roots }: HealingContext): CutEntry =>
  entry.mac === '' ? prove(entry, settings.issuer, roots) : entry;

/** What the journal remembers says whether the store is the one that it was; what it lacks, it is given. */
async function openStore(
  context: HealingContext,
  remembered: readonly CutEntry[],
  takeOver: () => Promise<void>,
): Promise<void> {
  const { store, settings, journal, roots } = context;
  await store.proveWith({ issuer: settings.issuer, key: roots[0].cut });
  if (remembered.length > 0 && journal?.owner !== undefined) await store.remember(journal.owner);
  await takeOver();
  await declareOwner(context);
  const missing = settings.storeLoss === 'ignore' ? [] : await lacking(store, remembered);
  if (missing.length > 0) tellHealed(context, await healAll(context, missing));
}

async function keysOf(
  options: AuthorityOptions,
  base: Omit<Context, 'keys' | 'replica'>,
): Promise<SigningKeys | undefined> {
  if (options.signing === null) return undefined;
  if (options.keys !== undefined) return ownKeys(options.keys);
  const firstKey = options.signing?.firstKey;
  void Promise.resolve(firstKey).catch(() => undefined); // whoever needs it hears of it
  return openStoredKeys({ ...base, firstKey });
}

async function rootsOf(options: AuthorityOptions): Promise<Roots> {
  const secret = options.secret ?? (await options.store.rootSecret());
  if (secret === undefined)
    throw new ConfigError('This store keeps no root secret: give "secret", 32 random bytes or more.');
  return rootsFrom(secret);
}

/**
 * It lies beside its store, and follows it like any other; a store in this very memory it cannot be apart from.
 * When another authority of the store lets another key sign, this one does so at once.
 */
function ownReplica(
  store: Store,
  { clock, timers, random }: AuthorityPorts,
  keys: SigningKeys | undefined,
): LocalReplica {
  return createReplica({
    feed: store.feed,
    hold: 'all',
    name: undefined,
    maxStalenessMs: 30_000,
    whenStale: 'reject',
    clock,
    timers,
    random,
    neverStale: store.kind === 'memory',
    onKey: () => void keys?.follow().catch(() => undefined), // the next upkeep tries again
  });
}

/** A key that somebody cut off, here or elsewhere, neither signs nor is published any longer. */
async function takeOutOfUse(keys: SigningKeys, scope: Scope): Promise<void> {
  const kid = scope.slice(2);
  if (scopeKind(scope) !== 'k' || !keys.has(kid)) return;
  await keys.giveWay(kid);
  await keys.drop(kid);
}
