/** What an authority stands on: its settings, store, root secret, keys and own replica, opened. */
import { ConfigError } from '../errors.ts';
import type { Random } from '../random.ts';
import {
  createReplica,
  type LocalReplica,
  type ProbeAnswer,
  type ReplicaReport,
  type Scope,
  scopeKind,
  tell,
} from '../revocation/index.ts';
import type { Store } from '../store.ts';
import type { Clock, Timers } from '../time.ts';
import type { Context } from './context.ts';
import type { AuthorityEvent } from './event.ts';
import type { AuthorityOptions, Settings } from './options.ts';
import { type Roots, rootsFrom } from './root.ts';
import { createSenderProofs } from './sender-proof.ts';
import { openStoredKeys, ownKeys, type SigningKeys } from './signing-keys.ts';
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
  const { store, onEvent = () => {} } = options;
  const [roots] = await Promise.all([rootsOf(options), store.takeover(), store.declare(settings.profile)]);
  const base = {
    settings,
    store,
    roots,
    ...ports,
    emit: (event: AuthorityEvent) => tell(onEvent, event),
    senderProofs: createSenderProofs(settings, roots, store, ports.clock),
    tokenCuts: createTokenCuts(() => ports.clock.wall()),
  };
  const keys = await keysOf(options, base);
  const replica = ownReplica(store, ports, keys);
  if (keys !== undefined)
    replica.onRevoked(({ scope }) => void takeOutOfUse(keys, scope).catch(() => undefined));
  return { ...base, keys, replica };
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
  { clock, timers }: AuthorityPorts,
  keys: SigningKeys | undefined,
): LocalReplica {
  return createReplica({
    feed: { ...store.feed, probe: report => probeOrTakeOver(store, report) },
    hold: 'all',
    name: undefined,
    maxStalenessMs: 30_000,
    whenStale: 'reject',
    clock,
    timers,
    neverStale: store.kind === 'memory',
    onKey: () => void keys?.follow().catch(() => undefined), // the next upkeep tries again
  });
}

/** A server that changed while nobody logs in is found out by the probe of each second, and taken over. */
async function probeOrTakeOver(store: Store, report: ReplicaReport): Promise<ProbeAnswer> {
  try {
    return await store.feed.probe(report);
  } catch (error) {
    const { tookOver } = await store.takeover();
    if (tookOver) return store.feed.probe(report);
    throw error;
  }
}

/** A key that somebody cut off, here or elsewhere, neither signs nor is published any longer. */
async function takeOutOfUse(keys: SigningKeys, scope: Scope): Promise<void> {
  const kid = scope.slice(2);
  if (scopeKind(scope) !== 'k' || !keys.has(kid)) return;
  await keys.giveWay(kid);
  await keys.drop(kid);
}
