/** A line to a Redis Cluster: each command goes to the primary of its key's slot, and follows the slot when that moves. */
import { StoreError } from '../../errors.ts';
import { pause, type Timers } from '../../time.ts';
import { redisFailure, replyCode } from './failure.ts';
import { type Command, createLine, DEADLINE_MS, type Line, within } from './line.ts';
import type { Address } from './location.ts';
import type { Dial } from './sentinel.ts';
import { keyOf, slotOf } from './slots.ts';

/** Some of its servers, and how to connect to any. */
export interface Cluster {
  readonly seeds: readonly Address[];
  readonly dial: Dial;
}

/** Redirections of one command that are followed: a slot that moves redirects once or twice. */
const REDIRECTIONS = 8;
/** While a slot moves, a script whose keys lie on both sides is asked to come again. */
const AGAIN_MS = 50;
const AGAIN_TIMES = 60;

interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly address: Address;
}

interface Held {
  readonly open: () => Promise<Cluster>;
  readonly timers: Timers;
  readonly lines: Map<string, Line>;
  cluster: Promise<Cluster> | undefined;
  ranges: Promise<readonly SlotRange[]> | undefined;
  /** Slots that have moved since the ranges were read. */
  readonly moved: Map<number, Address>;
  isClosed: boolean;
}

/** A command with a key, and those without that go behind it over the same connection. */
interface Unit {
  readonly slot: number;
  readonly commands: readonly Command[];
}

/**
 * What was sent and not answered is not sent again; only what a server refused to run because the slot is elsewhere.
 * Commands of one slot go one behind the other without waiting; those of the next slot when these are answered.
 */
export function createClusterLine(open: () => Promise<Cluster>, timers: Timers): Line {
  const held: Held = {
    ...{ open, timers, lines: new Map(), moved: new Map() },
    ...{ cluster: undefined, ranges: undefined, isClosed: false },
  };
  const ask: Line['ask'] = (commands, deadlineMs = DEADLINE_MS) =>
    within(timers, deadlineMs, () => askAll(held, commands, deadlineMs)).catch(error => {
      throw failed(held, error);
    });
  return {
    ask,
    send: (commands, deadlineMs) =>
      ask(commands, deadlineMs).catch(error => {
        throw held.isClosed ? closedError() : redisFailure(error);
      }),
    async primaries() {
      const addresses = new Map((await rangesOf(held)).map(({ address }) => [nameOf(address), address]));
      return [...addresses.values()].map(address => lineTo(held, address));
    },
    close() {
      held.isClosed = true;
      for (const line of held.lines.values()) line.close();
    },
  };
}

async function askAll(
  held: Held,
  commands: readonly Command[],
  deadlineMs: number,
): Promise<readonly unknown[]> {
  if (held.isClosed) throw closedError();
  const replies: unknown[] = [];
  for (const run of runsOf(unitsOf(commands)))
    replies.push(...(await Promise.all(run.map(unit => askUnit(held, unit, deadlineMs)))).flat());
  return replies;
}

/** Commands without a key before any that has one go to the primary of the cut state. */
function unitsOf(commands: readonly Command[]): Unit[] {
  const units: { slot: number; commands: Command[] }[] = [];
  for (const command of commands) {
    const key = keyOf(command);
    const last = units.at(-1);
    if (key === undefined && last !== undefined) last.commands.push(command);
    else units.push({ slot: slotOf(key ?? '{cuts}'), commands: [command] });
  }
  return units;
}

function runsOf(units: readonly Unit[]): Unit[][] {
  const runs: Unit[][] = [];
  for (const unit of units) {
    const last = runs.at(-1);
    if (last?.[0]?.slot === unit.slot) last.push(unit);
    else runs.push([unit]);
  }
  return runs;
}

async function askUnit(held: Held, unit: Unit, deadlineMs: number): Promise<readonly unknown[]> {
  let place = lineTo(held, await addressOf(held, unit.slot));
  let isAsking = false;
  for (let redirections = 0, again = 0; ; ) {
    try {
      const replies = await place.ask([...(isAsking ? [['ASKING']] : []), ...unit.commands], deadlineMs);
      return isAsking ? replies.slice(1) : replies;
    } catch (error) {
      const redirection = redirectionIn(error);
      if (redirection !== undefined && redirections < REDIRECTIONS) {
        redirections += 1;
        isAsking = redirection.isOnce;
        if (!isAsking) held.moved.set(unit.slot, redirection.address);
        place = lineTo(held, redirection.address);
      } else if (replyCode(error) === 'TRYAGAIN' && again < AGAIN_TIMES) {
        again += 1;
        await pause(held.timers, AGAIN_MS);
      } else throw error;
    }
  }
}

/** Where a connection broke or a server is no longer what it was, the next command asks for the map of slots again. */
function failed(held: Held, error: unknown): unknown {
  const code = replyCode(error);
  if (code === undefined || STEPPED_DOWN.includes(code)) {
    held.ranges = undefined;
    held.moved.clear();
  }
  if (code === undefined && held.lines.size === 0) held.cluster = undefined;
  return error;
}

const STEPPED_DOWN = ['CLUSTERDOWN', 'READONLY', 'LOADING', 'MASTERDOWN', 'MOVED'];

/** "MOVED 3999 127.0.0.1:6381": from now on; "ASK …": this once. The host may be missing: the one that was asked. */
function redirectionIn(error: unknown): { readonly address: Address; readonly isOnce: boolean } | undefined {
  const message = error instanceof Error ? error.message : '';
  const [, word, host = '', port] = /^(?:ReplyError: )?(MOVED|ASK) \d+ (\S*):(\d+)/.exec(message) ?? [];
  if (word === undefined || host === '') return undefined;
  return { address: { host, port: Number(port) }, isOnce: word === 'ASK' };
}

async function addressOf(held: Held, slot: number): Promise<Address> {
  const ranges = await rangesOf(held);
  const address = held.moved.get(slot) ?? ranges.find(({ from, to }) => from <= slot && slot <= to)?.address;
  if (address !== undefined) return address;
  throw unavailable(`no server of the Cluster serves slot ${slot}`);
}

function rangesOf(held: Held): Promise<readonly SlotRange[]> {
  if (held.ranges !== undefined) return held.ranges;
  const ranges = readRanges(held);
  held.ranges = ranges;
  ranges.catch(() => {
    if (held.ranges === ranges) held.ranges = undefined;
  });
  return ranges;
}

/** Servers known from before are asked too: the seeds may all have left. */
async function readRanges(held: Held): Promise<readonly SlotRange[]> {
  held.cluster ??= held.open();
  const { seeds } = await held.cluster.catch(error => {
    held.cluster = undefined;
    throw error;
  });
  const asked = new Map([...seeds].map(seed => [nameOf(seed), seed]));
  for (const name of held.lines.keys()) asked.set(name, addressIn(name));
  try {
    return await Promise.any([...asked.values()].map(address => slotsAt(held, address)));
  } catch (error) {
    const [first] = error instanceof AggregateError ? error.errors : [error];
    throw first;
  }
}

async function slotsAt(held: Held, address: Address): Promise<readonly SlotRange[]> {
  const [reply] = await lineTo(held, address).ask([['CLUSTER', 'SLOTS']]);
  const rows = reply as readonly [number, number, readonly [string | null, number]][];
  if (rows.length === 0) throw unavailable('this server of the Cluster serves no slots, and knows of none');
  return rows.map(([from, to, [host, port]]) => ({
    ...{ from: Number(from), to: Number(to) },
    address: { host: host || address.host, port: Number(port) },
  }));
}

function lineTo(held: Held, address: Address): Line {
  const name = nameOf(address);
  const known = held.lines.get(name);
  if (known !== undefined) return known;
  const openWire = async (ended: () => void) => {
    held.cluster ??= held.open();
    const { dial } = await held.cluster;
    return dial(address, ended);
  };
  const line = createLine(openWire, held.timers);
  held.lines.set(name, line);
  if (held.isClosed) line.close();
  return line;
}

const nameOf = ({ host, port }: Address): string => `${host}:${port}`;

function addressIn(name: string): Address {
  const colon = name.lastIndexOf(':');
  return { host: name.slice(0, colon), port: Number(name.slice(colon + 1)) };
}

const closedError = (): StoreError => new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.');
const unavailable = (why: string): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', `Redis cannot be reached: ${why}. It is safe to repeat.`);
