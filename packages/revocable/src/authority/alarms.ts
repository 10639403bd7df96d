/** What an operator has to look at: told when it begins, once an hour while it lasts, and when it is over. */
import { DELTA_MS } from '../revocation/index.ts';
import type { Beginning, Store } from '../store.ts';
import type { Clock } from '../time.ts';
import type { AlarmKind, Emit } from './event.ts';

export interface Alarms {
  /** Asks the store. Where it does not answer, nothing is known to have changed. */
  look(): Promise<void>;
  /**
   * Compares the store's clock with the authority's own.
   * @param askedAt the authority's clock when the store was asked
   */
  compareClocks(begun: Beginning, askedAt: number): void;
}

export interface AlarmsOptions {
  readonly store: Pick<Store, 'alarms'>;
  readonly clock: Clock;
  readonly emit: Emit;
}

const TOLD_EVERY_MS = 3_600_000;

export function createAlarms({ store, clock, emit }: AlarmsOptions): Alarms {
  /** When each was told, monotonic. */
  const ringing = new Map<AlarmKind, number>();
  const ring = (alarm: AlarmKind, message: string): void => {
    const now = clock.monotonic();
    if (now - (ringing.get(alarm) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY_MS) return;
    ringing.set(alarm, now);
    emit({ type: 'store.alarm', alarm, message });
  };
  const end = (alarm: AlarmKind): void => {
    if (ringing.delete(alarm)) emit({ type: 'store.alarm_over', alarm });
  };
  return {
    async look() {
      const found = await store.alarms();
      for (const { alarm, message } of found) ring(alarm, message);
      for (const alarm of ['eviction', 'replicas'] as const)
        if (!found.some(each => each.alarm === alarm)) end(alarm);
    },
    compareClocks({ now }, askedAt) {
      const apartMs = Math.max(askedAt - now, now - clock.wall());
      if (apartMs > DELTA_MS) ring('clocks', clocksApart(apartMs));
      else end('clocks');
    },
  };
}

const clocksApart = (apartMs: number): string =>
  `The clocks of the store and of this authority are ${Math.ceil(apartMs / 1000)} s apart, more than 2 s: nobody can log in or refresh here. Set them by NTP.`;
