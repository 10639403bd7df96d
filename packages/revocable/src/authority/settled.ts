/** Waits until every live replica has said that it applied a cursor. */
import { refuseUnknown } from '../errors.ts';
import { type Cursor, hasReached } from '../revocation/index.ts';
import type { ReplicaRow } from '../store.ts';
import { type Duration, milliseconds, pause } from '../time.ts';
import type { Context } from './context.ts';

export interface SettledOptions {
  /** How long to wait. @default '2s' */
  readonly timeout?: Duration;
}

/** Names of replicas. With nothing missing, no verifier accepts what was taken back. */
export interface Settled {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

/** Between looks when nothing rang: another process may have written. */
const LOOK_EVERY_MS = 50;

export async function settled(
  context: Context,
  cursor: Cursor,
  options: SettledOptions = {},
): Promise<Settled> {
  refuseUnknown(options, ['timeout'], 'settled');
  const timeoutMs = milliseconds(options.timeout ?? '2s', 'timeout');
  const { clock, store } = context;
  const until = clock.monotonic() + timeoutMs;
  let ring = (): void => {};
  const stop = store.onChange(() => ring());
  try {
    for (;;) {
      const rung = new Promise<void>(resolve => {
        ring = resolve;
      });
      const state = standing(await store.replicas(), cursor, clock.wall());
      const leftMs = until - clock.monotonic();
      if (state.missing.length === 0 || leftMs <= 0) return state;
      await Promise.race([rung, pause(context.timers, Math.min(leftMs, LOOK_EVERY_MS))]);
    }
  } finally {
    stop();
  }
}

/** A replica counts until its own `maxStaleness` after its last probe: then it refuses by itself. One that allows never lapses. */
export function isLive(replica: ReplicaRow, nowMs: number): boolean {
  return replica.whenStale === 'allow' || nowMs - replica.seenAt <= replica.maxStalenessMs;
}

function standing(replicas: readonly ReplicaRow[], cursor: Cursor, nowMs: number): Settled {
  const live = replicas.filter(replica => isLive(replica, nowMs));
  const has = (replica: ReplicaRow): boolean => hasReached(replica.applied, cursor);
  const names = (some: readonly ReplicaRow[]): string[] => some.map(replica => replica.name);
  return { applied: names(live.filter(has)), missing: names(live.filter(each => !has(each))) };
}
