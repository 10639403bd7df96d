/** The feed of a store on another machine: a snapshot in pieces, a stream that breaks, probes. */
import type { Cursor, CutEntry, Feed, FeedSink, Hold } from '#revocation/index';
import type { Machine } from './machine.ts';
import { ask, unavailable } from './store-client.ts';
import type { World } from './world.ts';

const RECONNECT_MS = 250;
/** How long a client waits for a stream to open; a stream whose other end is gone is noticed so late. */
const OPENS_WITHIN_MS = 1000;
const KEEPALIVE_MS = 15_000;
const PIECE = 2;

/** What the oracle hears of a follower. */
export interface Hearing {
  entries(entries: readonly CutEntry[]): void;
  /** All up to the cursor has been handed over. */
  reached(cursor: Cursor): void;
}

const DEAF: Hearing = { entries: () => {}, reached: () => {} };

export function createFeedClient(world: World, client: Machine, hearing: Hearing = DEAF): Feed {
  return {
    profile: () => ask(world, client, 'profile', server => server.store.feed.profile()),
    load: (hold, take) => load(world, client, hearing, hold, take),
    follow: (cursor, hold, sink) => follow(world, client, hearing, { cursor, hold, sink }),
    probe: report =>
      ask(world, client, 'probe', async server => {
        const answer = await server.store.feed.probe(report);
        world.oracle.reported(report.name ?? '', server.machine.skewMs);
        return answer;
      }),
    giveBack: entries => ask(world, client, 'giveBack', server => server.store.feed.giveBack(entries)),
  };
}

/** Pieces come one by one, and one that is lost ends it. */
async function load(
  world: World,
  client: Machine,
  hearing: Hearing,
  hold: Hold,
  take: (entries: readonly CutEntry[]) => void,
): Promise<Cursor> {
  const pieces: (readonly CutEntry[])[] = [];
  const snapshot = await ask(world, client, 'load', async server => {
    const all: CutEntry[] = [];
    const cursor = await server.store.feed.load(hold, entries => void all.push(...entries));
    for (let from = 0; from < all.length; from += PIECE) pieces.push(all.slice(from, from + PIECE));
    return { cursor, server };
  });
  for (const [index, piece] of pieces.entries()) {
    await arrival(world, client, `piece ${index % 4}`, snapshot.server.machine);
    take(piece);
    hearing.entries(piece);
  }
  // The replica counts itself loaded after this promise; what it was handed is in its table already.
  hearing.reached(snapshot.cursor);
  return snapshot.cursor;
}

function arrival(world: World, client: Machine, label: string, from: Machine): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = client.timers.set(() => reject(unavailable()), OPENS_WITHIN_MS);
    const arrived = client.bind(() => {
      stop();
      resolve();
    });
    world.network.send(from, client, label, arrived);
  });
}

interface Stream {
  at: Cursor;
  isOver: boolean;
  /** Counts connections: what an older one brings is not heard. */
  number: number;
}

function follow(
  world: World,
  client: Machine,
  hearing: Hearing,
  { cursor, hold, sink }: { cursor: Cursor; hold: Hold; sink: FeedSink },
): () => void {
  const stream: Stream = { at: cursor, isOver: false, number: 0 };
  const again = (number: number): void => {
    if (stream.isOver || stream.number !== number) return;
    stream.number += 1;
    client.timers.set(() => !stream.isOver && connect(), RECONNECT_MS);
  };
  const connect = (): void => {
    const mine = ++stream.number;
    const server = world.cluster.serverOf(client);
    const current = (work: () => void): (() => void) =>
      client.bind(() => void (!stream.isOver && stream.number === mine && work()));
    const stopWaiting = client.timers.set(() => again(mine), OPENS_WITHIN_MS);
    world.network.send(client, server.machine, 'follow', () => {
      // A stream that breaks is noticed by the keepalive alone, or when the network is whole again.
      const lane = world.network.lane(server.machine, client, () => {
        client.timers.set(() => again(mine), KEEPALIVE_MS);
        world.network.whenHealed(() => again(mine));
        end();
      });
      world.note(`${client.name} follows from ${stream.at}`);
      const send = (label: string, work: () => void): void => lane.send(label, current(work));
      const stop = server.store.feed.follow(stream.at, hold, {
        entries: (entries, next) =>
          send('entries', () => {
            stream.at = next;
            sink.entries(entries, next);
            hearing.entries(entries);
            hearing.reached(next);
          }),
        lost: () => send('lost', sink.lost),
        key: () => send('key', sink.key),
        profile: profile => send('profile', () => sink.profile(profile)),
      });
      const end = (): void => {
        stop();
        server.streams.delete(close);
      };
      const close = (): void => {
        send('closed', () => again(mine));
        end();
      };
      server.streams.add(close);
      send('following', stopWaiting);
    });
  };
  connect();
  return () => {
    stream.isOver = true;
  };
}
