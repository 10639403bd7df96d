/** Waits until every live replica has said that it applied a cursor. */
import { refuseUnknown } from '../errors.ts';
import { type Cursor, DELTA_MS, hasReached } from '../revocation/index.ts';
import type { Beginning, ReplicaRow } from '../store.ts';
import { type Duration, milliseconds, pause } from '../time.ts';
import { type Context, isRefused } from './context.ts';

export interface SettledOptions {
  /** How long to wait. @default '2s' */
  readonly timeout?: Duration;
}

/**
 * Names of replicas. With nothing missing, no verifier accepts what was taken back. After a takeover `UNHEARD` is missing until
 * whoever was registered with the store before must have asked again, or refuses by itself.
 */
export interface Settled {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

/** A name in `missing` that is none: verifiers of whom the store may have lost that there are any. */
export const UNHEARD = '(unheard since the takeover)';

/** Of whom nothing is known, the default `maxStaleness`. */
const UNKNOWN_STALENESS_MS = 30_000;
/** Between looks when nothing rang: another process may have written. */
const LOOK_EVERY_MS = 50;

export async function settled(
  context: Context,
  cursor: Cursor,
  options: SettledOptions = {},
): Promise<Settled> {
  refuseUnknown(options, ['timeout'], 'settled');
  const timeoutMs = milliseconds(options.timeout ?? '2s', 'timeout');
  const { clock } = context;
  const until = clock.monotonic() + timeoutMs;
  let ring = (): void => {};
  const stop = context.store.onChange(() => ring());
  try {
    for (;;) {
      const rung = new Promise<void>(resolve => {
        ring = resolve;
      });
      const state = await look(context, cursor);
      const leftMs = until - clock.monotonic();
      if (state.missing.length === 0 || leftMs <= 0) return state;
      await Promise.race([rung, pause(context.timers, Math.min(leftMs, LOOK_EVERY_MS))]);
    }
  } finally {
    stop();
  }
}

/** All by the store's clock. A store that is closed has told nobody. */
async function look({ store }: Context, cursor: Cursor): Promise<Settled> {
  const replicas = await store.replicas();
  const begun = await store.begin();
  return isRefused(begun) ? { applied: [], missing: [UNHEARD] } : standing(replicas, cursor, begun);
}

/**
 * A replica counts until its own `maxStaleness` after its last probe, and two seconds: then it refuses by itself. One that allows
 * never lapses. A takeover may have lost that probe, or brought another clock: it counts as one.
 */
function isLive(replica: ReplicaRow, nowMs: number, since: number): boolean {
  if (replica.whenStale === 'allow' || nowMs - since <= replica.maxStalenessMs) return true;
  return nowMs - replica.seenAt <= replica.maxStalenessMs;
}

function standing(replicas: readonly ReplicaRow[], cursor: Cursor, { now, since }: Beginning): Settled {
  // The clock may have been set forward since it dated a probe, within its bounds.
  const nowMs = now - DELTA_MS;
  const live = replicas.filter(replica => isLive(replica, nowMs, since));
  const has = (replica: ReplicaRow): boolean => hasReached(replica.applied, cursor);
  const names = (some: readonly ReplicaRow[]): string[] => some.map(replica => replica.name);
  const stale = replicas.map(replica => replica.maxStalenessMs);
  const unheardMs = stale.length === 0 ? UNKNOWN_STALENESS_MS : Math.max(...stale);
  const unheard = nowMs - since <= unheardMs ? [UNHEARD] : [];
  return {
    applied: names(live.filter(has)),
    missing: [...names(live.filter(each => !has(each))), ...unheard],
  };
}
