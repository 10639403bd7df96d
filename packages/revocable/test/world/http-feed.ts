/** The feed over HTTP: the real client of a token service's `/revocations`, over a `fetch` whose network is made of the seed. */
import type { Authority } from '#authority/authority';
import type { Feed, FeedEvent, Hold } from '#revocation/index';
import { createRemoteFeed } from '#stores/remote';
import type { ByteReader, FeedFetch, FeedRequest, FeedResponse } from '#stores/remote-connection';
import { attempt } from './calls.ts';
import type { Hearing } from './feed-client.ts';
import type { Machine } from './machine.ts';
import { createChance } from './random.ts';
import type { AuthorityNode, World } from './world.ts';

const URL_OF_FEED = 'https://auth.example/revocations';
/** A service says that it is there so often, while nothing else is to be said. */
const BEAT_MS = 15_000;

export function createHttpFeed(world: World, client: Machine, node: AuthorityNode, hearing: Hearing): Feed {
  const feed = createRemoteFeed({
    url: URL_OF_FEED,
    fetch: (url, request) => send(world, client, node, new URL(url), request),
    headers: {},
    timers: client.timers,
    random: createChance(world.seed, `${client.name} over http`),
    onProblem: error => world.note(`${client.name} over http: ${error.code} ${error.message}`),
  });
  return {
    ...feed,
    async load(hold, take) {
      const cursor = await feed.load(hold, take);
      hearing.reached(cursor);
      return cursor;
    },
    follow: (cursor, hold, sink) =>
      feed.follow(cursor, hold, {
        ...sink,
        entries(entries, next) {
          sink.entries(entries, next);
          hearing.reached(next);
        },
      }),
  };
}

/** One request: it and its answer are messages; where either is lost, whoever asked waits until its own patience ends. */
function send(
  world: World,
  client: Machine,
  node: AuthorityNode,
  url: URL,
  request: FeedRequest,
): ReturnType<FeedFetch> {
  return new Promise((resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(new Error('It was given up.')));
    const answer = (label: string, response: FeedResponse): void =>
      world.network.send(
        node.machine,
        client,
        label,
        client.bind(() => resolve(response)),
      );
    world.network.send(client, node.machine, request.method === 'POST' ? 'probe' : 'get', () => {
      const { authority } = node;
      if (authority === undefined) answer('no answer', answerOf(503, {}));
      else if (request.method === 'POST') void post(node, authority, request, answer);
      else void openStream(world, client, node, authority, url, request, resolve, answer);
    });
  });
}

type Answer = (label: string, response: FeedResponse) => void;

async function post(
  node: AuthorityNode,
  authority: Authority,
  { body = '' }: FeedRequest,
  answer: Answer,
): Promise<void> {
  const { bind } = node.machine;
  const asked = JSON.parse(body);
  const outcome = await attempt(() =>
    asked.cuts ? authority.giveBack(asked.cuts) : probe(authority, asked),
  );
  bind(() =>
    answer('probe reply', outcome.kind === 'ok' ? answerOf(200, outcome.value) : answerOf(503, {})),
  )();
}

async function probe(authority: Authority, asked: Readonly<Record<string, string>>): Promise<object> {
  const { replica, applied, nonce, before } = asked;
  const report = {
    name: replica,
    maxStalenessMs: Number(asked['max_staleness_ms']),
    whenStale: asked['when_stale'] as 'reject',
    before,
  };
  return { nonce, ...(await authority.probe(report, applied)) };
}

const NO_BODY = { getReader: (): ByteReader => ({ read: async () => ({ done: true }) }) };

const answerOf = (status: number, body: object, stream: FeedResponse['body'] = NO_BODY): FeedResponse => ({
  ok: status < 300,
  status,
  headers: { get: () => null },
  body: stream,
  json: async () => body,
});

async function openStream(
  world: World,
  client: Machine,
  node: AuthorityNode,
  authority: Authority,
  url: URL,
  request: FeedRequest,
  resolve: (response: FeedResponse) => void,
  answer: Answer,
): Promise<void> {
  const { bind } = node.machine;
  const after = request.headers['last-event-id'];
  const resumable = after === undefined ? undefined : await attempt(() => authority.canResume(after));
  if (resumable !== undefined && resumable.kind !== 'ok')
    return bind(() => answer('no answer', answerOf(503, {})))();
  const body = createBody();
  const ends = new AbortController();
  const lane = world.network.lane(node.machine, client, () => {
    // It is silent from now on, until somebody loses patience or the network is whole again.
    ends.abort();
    world.network.whenHealed(client.bind(body.fail));
  });
  const tell = (label: string, work: () => void): void => lane.send(label, client.bind(work));
  const dies = node.machine.atEnd(() => {
    tell('reset', body.fail);
    world.network.whenHealed(client.bind(body.fail));
  });
  const leaves = client.atEnd(() => ends.abort());
  request.signal.addEventListener('abort', () => {
    body.fail();
    ends.abort();
  });
  tell('head', () => resolve(answerOf(200, {}, body)));
  const beat = (): void => {
    if (ends.signal.aborted) return;
    tell('beat', () => body.push(':\n\n'));
    node.machine.timers.set(beat, BEAT_MS);
  };
  node.machine.timers.set(beat, BEAT_MS);
  const hold = (url.searchParams.get('hold') ?? 'access') as Hold;
  const resumes = resumable?.value === true && after !== undefined;
  await attempt(async () => {
    for await (const event of authority.feed({ hold, signal: ends.signal, ...(resumes && { after }) }))
      tell(event.event, () => body.push(textOf(event)));
  });
  tell('end', body.end);
  ends.abort();
  dies();
  leaves();
}

const textOf = ({ event, id, data }: FeedEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

interface Body {
  push(text: string): void;
  end(): void;
  fail(): void;
  getReader(): ByteReader;
}

function createBody(): Body {
  const chunks: Uint8Array[] = [];
  let state: 'open' | 'ended' | 'failed' = 'open';
  let wake = (): void => {};
  const turn = (to: typeof state): void => {
    if (state === 'open') state = to;
    wake();
  };
  return {
    push(text) {
      chunks.push(new TextEncoder().encode(text));
      wake();
    },
    end: () => turn('ended'),
    fail: () => turn('failed'),
    getReader: () => ({
      async read() {
        for (;;) {
          if (state === 'failed') throw new Error('The connection is gone.');
          const value = chunks.shift();
          if (value !== undefined) return { done: false, value };
          if (state === 'ended') return { done: true };
          await new Promise<void>(resolve => {
            wake = resolve;
          });
        }
      },
    }),
  };
}
