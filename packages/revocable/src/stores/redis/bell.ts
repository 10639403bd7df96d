/** Hears that something was appended or a replica reported, over a connection of its own that blocks. */
import { pause, type Timers } from '../../time.ts';
import { LOG, REPORTS } from './keys.ts';
import type { Line } from './line.ts';

const BLOCK_MS = 1000;
const RETRY_MS = 250;
/** Entries that one ring may stand for. */
const AT_ONCE = 1000;

export interface Bell {
  /** Begins to listen. Does nothing when it does already. */
  start(): void;
  stop(): void;
}

export interface BellOptions {
  readonly line: Line;
  readonly timers: Timers;
  /** Whether reports of replicas are of interest. */
  readonly hearsReports: () => boolean;
  /** @param items what was appended to the log, as it stands there; empty where that is not known */
  readonly onRing: (items: readonly StreamItem[]) => void;
}

/** Its place in the stream, and its fields: name, value, name, value. */
export type StreamItem = readonly [string, readonly string[]];

export function createBell(options: BellOptions): Bell {
  let state: 'new' | 'running' | 'stopped' = 'new';
  const listen = async (): Promise<void> => {
    for (let places = new Map<string, string>(); state === 'running'; ) {
      try {
        places = await round(options, places);
      } catch {
        places = new Map();
        await pause(options.timers, RETRY_MS);
      }
    }
  };
  return {
    start() {
      if (state !== 'new') return;
      state = 'running';
      void listen();
    },
    stop() {
      state = 'stopped';
      options.line.close();
    },
  };
}

/** Where a stream ends is asked for after silence too: one that was emptied has gone back. */
async function round(options: BellOptions, places: Map<string, string>): Promise<Map<string, string>> {
  const { line, hearsReports, onRing } = options;
  const streams = hearsReports() ? [LOG, REPORTS] : [LOG];
  const heard = places.size === 0 ? undefined : await hear(line, streams, places);
  if (heard !== undefined) {
    onRing(heard.items);
    return heard.places;
  }
  const ends = await endsOf(line);
  if ([...ends].some(([stream, end]) => streams.includes(stream) && places.get(stream) !== end)) onRing([]);
  return ends;
}

async function hear(
  line: Line,
  streams: readonly string[],
  places: ReadonlyMap<string, string>,
): Promise<{ readonly places: Map<string, string>; readonly items: readonly StreamItem[] } | undefined> {
  const from = streams.map(stream => places.get(stream) ?? '0-0');
  const words = [
    'XREAD',
    'COUNT',
    String(AT_ONCE),
    'BLOCK',
    String(BLOCK_MS),
    'STREAMS',
    ...streams,
    ...from,
  ];
  const [reply] = (await line.send([words])) as [[string, StreamItem[]][] | null];
  if (reply === null) return undefined;
  const heard = new Map(places);
  for (const [stream, items] of reply) heard.set(stream, items.at(-1)?.[0] ?? '0-0');
  return { places: heard, items: reply.find(([stream]) => stream === LOG)?.[1] ?? [] };
}

async function endsOf(line: Line): Promise<Map<string, string>> {
  const streams = [LOG, REPORTS];
  const ends = (await line.send(streams.map(stream => ['XREVRANGE', stream, '+', '-', 'COUNT', '1']))) as [
    string,
    unknown,
  ][][];
  return new Map(streams.map((stream, i) => [stream, ends[i]?.[0]?.[0] ?? '0-0']));
}
