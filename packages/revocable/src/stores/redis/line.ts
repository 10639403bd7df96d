/** A line to Redis: a connection that is opened anew after it broke. Nothing is ever sent twice by itself. */
import { StoreError } from '../../errors.ts';
import type { Timers } from '../../time.ts';
import { endsConnection, redisFailure } from './failure.ts';

export type Command = readonly string[];

/** One connection of a client library that does not reconnect. */
export interface Wire {
  send(command: Command): Promise<unknown>;
  close(): void;
}

/** Connects; calls `ended` when the connection has broken. */
export type OpenWire = (ended: () => void) => Promise<Wire>;

export interface Line {
  /**
   * Sends commands over one connection, one after the other without waiting; the replies in order.
   * @throws {StoreError} ERR_STORE_UNAVAILABLE when it breaks, Redis refuses, or there is no answer in time
   */
  send(commands: readonly Command[], deadlineMs?: number): Promise<readonly unknown[]>;
  /** The same, but an error reply of Redis comes as the library threw it. */
  ask(commands: readonly Command[], deadlineMs?: number): Promise<readonly unknown[]>;
  /** A line to each primary: of a Cluster several, else this one. They are closed with it. */
  primaries(): Promise<readonly Line[]>;
  close(): void;
}

export const DEADLINE_MS = 5000;

interface Held {
  readonly openWire: OpenWire;
  readonly timers: Timers;
  wire: Promise<Wire> | undefined;
  isClosed: boolean;
}

export function createLine(openWire: OpenWire, timers: Timers): Line {
  const held: Held = { openWire, timers, wire: undefined, isClosed: false };
  const ask: Line['ask'] = (commands, deadlineMs = DEADLINE_MS) => askOver(held, commands, deadlineMs);
  const line: Line = {
    ask,
    send: (commands, deadlineMs) =>
      ask(commands, deadlineMs).catch(error => {
        throw held.isClosed ? closedError() : redisFailure(error);
      }),
    close() {
      held.isClosed = true;
      drop(held, held.wire);
    },
    primaries: async () => [line],
  };
  return line;
}

async function askOver(
  held: Held,
  commands: readonly Command[],
  deadlineMs: number,
): Promise<readonly unknown[]> {
  if (held.isClosed) throw closedError();
  const wire = wireOf(held);
  try {
    return await within(held.timers, deadlineMs, async () => {
      const open = await wire;
      return Promise.all(commands.map(command => open.send(command)));
    });
  } catch (error) {
    if (endsConnection(error)) drop(held, wire);
    throw error;
  }
}

function wireOf(held: Held): Promise<Wire> {
  if (held.wire !== undefined) return held.wire;
  const wire = held.openWire(() => drop(held, wire));
  wire.catch(() => drop(held, wire));
  held.wire = wire;
  return wire;
}

function drop(held: Held, wire: Promise<Wire> | undefined): void {
  if (wire === undefined || held.wire !== wire) return;
  held.wire = undefined;
  wire.then(
    open => open.close(),
    () => {},
  );
}

/** @throws an error of the connection, as a library would throw it, when there is no answer in time */
export function within<T>(timers: Timers, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(Object.assign(new Error('Redis has not answered in time.'), { code: 'ETIMEDOUT' }));
    const stop = timers.set(late, deadlineMs, true);
    work().then(resolve, reject).finally(stop);
  });
}

const closedError = (): StoreError => new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.');
