/** A browser of several tabs and the servers they talk to, in virtual time: when nothing moves, the clock jumps ahead. */
import { type Client, clientOn } from '#browser/client';
import type { Page, PageChannel, PageLocks } from '#browser/page';
import type { CookieOptions } from '#browser/settings';

export const PAGE = 'https://shop.example/cart?item=1#top';
export const AUTH = 'https://auth.example';
export const API = 'https://api.example';

export interface Tab {
  readonly client: Client;
  /** Where the page was sent. */
  readonly went: string[];
  readonly heard: string[];
}

export type Handler = (request: Request) => Response | Promise<Response>;

export interface BrowserWorld {
  now: number;
  /** One request's way there and back, and a message's to another tab. */
  latencyMs: number;
  messageMs: number;
  /** Every request that left a tab. */
  readonly requests: Request[];
  readonly service: Service;
  /** Servers by origin; those of `AUTH` and `API` are there. */
  readonly servers: Map<string, Handler>;
  openTab(options?: Partial<CookieOptions>, page?: Partial<Page>): Tab;
  /** A page of this browser, for a client of another kind. */
  page(): Page;
  /** Lets time pass until the promise is settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
  count(path: string): number;
}

/** The token service and one resource behind it. */
export interface Service {
  session: boolean;
  expiresIn: number;
  /** Answers that come instead of the usual ones, one each. */
  readonly nextRefresh: Handler[];
  readonly nextResource: Handler[];
  readonly nextLogout: Handler[];
  /** The newest token that was given; only that one is good. */
  token: string;
  issued: number;
}

export const refusal = (status: number, action: string, headers: Record<string, string> = {}): Response =>
  Response.json({ error: 'x', error_description: 'x', code: 'x', action }, { status, headers });

export function createBrowserWorld(): BrowserWorld {
  const timers = new Set<{ at: number; callback: () => void }>();
  const channels = new Set<FakeChannel>();
  const set = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { at: world.now + delayMs, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const service: Service = {
    session: true,
    expiresIn: 300,
    nextRefresh: [],
    nextResource: [],
    nextLogout: [],
    token: '',
    issued: 0,
  };
  const world: BrowserWorld = {
    now: 1_700_000_000_000,
    latencyMs: 20,
    messageMs: 5,
    requests: [],
    service,
    servers: new Map<string, Handler>([
      [AUTH, request => authAnswer(service, request)],
      [API, request => apiAnswer(service, request)],
      ['https://shop.example', request => apiAnswer(service, request)],
    ]),
    openTab,
    page: () => pageOf([]),
    async settle(promise) {
      let settled = false;
      promise.then(
        () => {
          settled = true;
        },
        () => {
          settled = true;
        },
      );
      for (let step = 0; step < 10_000; step++) {
        await quiet();
        if (settled) return promise;
        if (!jump()) throw new Error('Nothing moves any more, and the promise is not settled.');
      }
      throw new Error('It goes on for ever.');
    },
    async pass(ms) {
      const end = world.now + ms;
      await quiet();
      while (jump(end)) await quiet();
      world.now = end;
    },
    count: path => world.requests.filter(request => new URL(request.url).pathname === path).length,
  };
  const locks = createLocks();
  return world;

  /** The earliest timer; false when there is none before `end`. */
  function jump(end = Number.POSITIVE_INFINITY): boolean {
    const next = [...timers].sort((x, y) => x.at - y.at)[0];
    if (next === undefined || next.at > end) return false;
    timers.delete(next);
    world.now = Math.max(world.now, next.at);
    next.callback();
    return true;
  }

  function openTab(options: Partial<CookieOptions> = {}, page: Partial<Page> = {}): Tab {
    const went: string[] = [];
    const heard: string[] = [];
    const ownPage = { ...pageOf(went), ...page };
    const urls = { refreshUrl: `${AUTH}/refresh`, loginUrl: `${AUTH}/login`, logoutUrl: `${AUTH}/logout` };
    const client = clientOn(ownPage, { ...urls, origins: [API], ...options });
    client.onLogout(({ reason }) => heard.push(reason));
    return { client, went, heard };
  }

  function pageOf(went: string[]): Page {
    return {
      fetch: request => send(request),
      now: () => world.now,
      set,
      locks,
      openChannel: name => openChannel(name),
      href: () => PAGE,
      navigate: url => went.push(url),
      replace: () => {},
      random: () => 'random',
      sha256: async text => `hash of ${text}`,
      store: () => {},
      take: () => null,
    };
  }

  function send(request: Request): Promise<Response> {
    world.requests.push(request.clone());
    return new Promise((resolve, reject) => {
      if (request.signal.aborted) reject(request.signal.reason);
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
      const arrive = async (): Promise<void> => {
        const handler = world.servers.get(new URL(request.url).origin);
        if (handler === undefined) return reject(new TypeError('Failed to fetch'));
        try {
          const response = await handler(request);
          set(() => resolve(response), world.latencyMs / 2);
        } catch (error) {
          reject(error);
        }
      };
      set(() => void arrive(), world.latencyMs / 2);
    });
  }

  function openChannel(name: string): PageChannel {
    const channel: FakeChannel = {
      name,
      onmessage: null,
      postMessage,
      close: () => channels.delete(channel),
    };
    channels.add(channel);
    return channel;
    function postMessage(message: unknown): void {
      const data = structuredClone(message);
      for (const other of channels)
        if (other !== channel && other.name === name) set(() => other.onmessage?.({ data }), world.messageMs);
    }
  }
}

interface FakeChannel extends PageChannel {
  readonly name: string;
}

const quiet = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Web Locks: one holder, then the queue in order. */
export function createLocks(): PageLocks {
  const holder = new Map<string, Promise<unknown>>();
  return {
    async request(name, options, callback) {
      if (options.ifAvailable && holder.has(name)) return callback(null);
      while (holder.has(name))
        await Promise.race([holder.get(name)?.catch(() => {}), aborted(options.signal)]);
      const work = Promise.resolve().then(() => callback({ name }));
      holder.set(name, work);
      try {
        return await work;
      } finally {
        holder.delete(name);
      }
    },
  };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}

function authAnswer(service: Service, request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/logout') {
    const next = service.nextLogout.shift();
    if (next !== undefined) return next(request);
    service.session = false;
    service.token = '';
    return new Response(null, { status: 204 });
  }
  const next = service.nextRefresh.shift();
  if (next !== undefined) return next(request);
  return service.session ? granted(service) : refusal(401, 'login');
}

export function granted(service: Service): Response {
  service.token = `token-${++service.issued}`;
  return Response.json({ access_token: service.token, token_type: 'Bearer', expires_in: service.expiresIn });
}

async function apiAnswer(service: Service, request: Request): Promise<Response> {
  const next = service.nextResource.shift();
  if (next !== undefined) return next(request);
  const token = request.headers.get('authorization')?.slice('Bearer '.length);
  if (!service.session) return refusal(401, 'login');
  if (token !== service.token) return refusal(401, 'refresh');
  return Response.json({ token, method: request.method, body: await request.text() });
}
