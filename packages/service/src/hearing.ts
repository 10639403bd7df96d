/** What the authority tells: in the log, in the metrics, and where nobody ordered it in the audit log. */
import type { AuthorityEvent, Store } from 'revocable';
import { auditEntry } from './audit.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface Hearing {
  readonly store: Pick<Store, 'audit'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A log that cannot be written is no reason to refuse a token. */
export function hear(event: AuthorityEvent, { store, log, metrics }: Hearing): void {
  write(event, log);
  count(event, metrics);
  const entry = auditEntry(event);
  if (entry !== undefined)
    store.audit
      .append(entry)
      .catch(error => log.error({ event: entry.event, error: error.message }, 'not in the audit log'));
}

const UPKEEP = {
  purge: 'what is past its end could not be removed from the store: it grows until this succeeds again',
  keys: 'the signing keys could not be looked after: the one that signs goes on until this succeeds again',
} as const;

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Instead of the event itself. */
  readonly fields?: object;
}

function write(event: AuthorityEvent, log: Log): void {
  const { level, message, fields = event } = lineOf(event);
  log[level](fields, message);
}

/** `error`: somebody has to look at it. */
function lineOf(event: AuthorityEvent): Line {
  switch (event.type) {
    case 'revoked':
      return {
        level: 'info',
        message: 'revoked',
        fields: { scopes: event.scopes.length, cutoff: event.cutoff },
      };
    case 'store.alarm':
      return { level: 'error', message: event.message, fields: { type: event.type, alarm: event.alarm } };
    case 'upkeep.failed':
      return { level: 'error', message: UPKEEP[event.task] };
    default:
      return SAID[event.type] ?? { level: 'debug', message: event.type };
  }
}

const SAID: Readonly<Partial<Record<AuthorityEvent['type'], Line>>> = {
  'refresh.reuse': { level: 'warn', message: 'two hold one refresh token: the session has ended' },
  'store.amnesia': {
    level: 'error',
    message: 'the store has lost a rotation: look at its replicas and backups',
  },
  'store.lost': {
    level: 'error',
    message: 'the store has lost its past: it is healed with whatever is left',
  },
  'store.alarm_over': { level: 'warn', message: 'what was wrong with the store is over' },
  'store.healed': { level: 'warn', message: 'cut-offs were given back to the store' },
  'store.takeover': { level: 'warn', message: 'the store has another server, and was taken over' },
  'upkeep.recovered': { level: 'warn', message: 'what is done once a minute succeeds again' },
  'key.rotated': { level: 'info', message: 'another key signs' },
};

function count(event: AuthorityEvent, metrics: Metrics): void {
  if (event.type === 'refresh.reuse') metrics.refreshes.inc({ result: 'reuse' });
  if (event.type === 'store.amnesia') metrics.alarms.inc({ alarm: 'amnesia' });
  if (event.type === 'store.lost') metrics.alarms.inc({ alarm: 'lost' });
  if (event.type === 'store.alarm') metrics.alarms.inc({ alarm: event.alarm });
}
