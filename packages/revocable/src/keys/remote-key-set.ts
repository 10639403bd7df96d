/** The keys of an issuer, fetched from its JWK Set and kept: RFC 7517 section 5, RFC 8414 `jwks_uri`. */
import { ConfigError, KeyError, refuseUnknown } from '../errors.ts';
import {
  type Alg,
  algNotAllowed,
  chooseKeys,
  findAlgorithm,
  type HasKeySource,
  importJwks,
  type KeySource,
  keySource,
  notFound,
  type VerificationKey,
} from '../jose/index.ts';
import {
  type Clock,
  clockFrom,
  type Duration,
  milliseconds,
  systemTimers,
  type Timers,
  type WallClock,
} from '../time.ts';
import {
  checkedUrl,
  type JwksAnswer,
  type JwksFetch,
  type JwksRequest,
  requestJwks,
} from './jwks-request.ts';

export interface RemoteKeySetOptions {
  /** The longest time a set counts as fresh; a shorter `max-age` of the answer wins. @default '10m' */
  readonly maxAge?: Duration;
  /** The least time between two fetches, after failures too. @default '30s' */
  readonly cooldown?: Duration;
  /** @default '5s' */
  readonly timeout?: Duration;
  /** How long after its freshness a set still counts when it cannot be fetched. @default '1h' */
  readonly staleIfError?: Duration;
  /** @default 262144 */
  readonly maxBytes?: number;
  /** Your own transport. @default the global fetch */
  readonly fetch?: JwksFetch;
  readonly headers?: Readonly<Record<string, string>>;
  /** For RSA keys that name no `alg`. @default 'RS256' */
  readonly alg?: Alg;
  /** Milliseconds, like Date.now. */
  readonly clock?: WallClock;
}

export interface RemoteKeySet extends HasKeySource {
  /**
   * Fetches the set unless a fresh one is at hand. Not needed, but then verifySync has its keys.
   * @throws {KeyError} ERR_JWKS_UNREACHABLE, ERR_JWKS_TIMEOUT, ERR_JWKS_INVALID
   */
  load(): Promise<void>;
  /** The keys at hand; none before the first fetch. */
  readonly keys: readonly VerificationKey[];
  /** Stops a fetch in flight; none begins any more. */
  close(): void;
  [Symbol.dispose](): void;
}

const OPTIONS: readonly string[] = [
  ...['maxAge', 'cooldown', 'timeout', 'staleIfError', 'maxBytes', 'fetch', 'headers', 'alg', 'clock'],
];
/** A background fetch begins when this part of the freshness is over. */
const AHEAD = 0.8;
const MOST_UNKNOWN = 256;

/**
 * The keys behind a URL. Secrets and keys that cannot be used here are passed over.
 * @example createVerifier({ keys: remoteKeySet('https://auth.example/.well-known/jwks.json'), issuer, audience })
 * @throws {ConfigError} ERR_CONFIG_INVALID, also for http beyond this machine
 */
export function remoteKeySet(
  url: string | { readonly href: string },
  options: RemoteKeySetOptions = {},
): RemoteKeySet {
  refuseUnknown(options, OPTIONS, 'remoteKeySet');
  return createRemoteKeySet(url, options, { clock: clockFrom(options.clock), timers: systemTimers });
}

/** The same with its ports. */
export function createRemoteKeySet(
  url: string | { readonly href: string },
  options: RemoteKeySetOptions,
  ports: { readonly clock: Clock; readonly timers: Timers },
): RemoteKeySet {
  const cache = createCache(url, options, ports);
  return Object.freeze({
    load: () => load(cache),
    get keys() {
      return cache.keys;
    },
    close: () => cache.closed.abort(),
    [Symbol.dispose]: () => cache.closed.abort(),
    [keySource]: sourceOfCache(cache),
  });
}

/** A moment on both clocks: a wall clock may jump, a monotonic one may stop while the machine sleeps. */
interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

interface Cache {
  readonly request: JwksRequest;
  readonly clock: Clock;
  readonly maxAgeMs: number;
  readonly cooldownMs: number;
  readonly staleMs: number;
  readonly alg: Alg;
  readonly closed: AbortController;
  /** Key IDs that the newest set does not have. */
  readonly unknown: Set<string>;
  keys: readonly VerificationKey[];
  epoch: number;
  etag: string | undefined;
  loadedAt: Moment | undefined;
  freshMs: number;
  askedAt: Moment | undefined;
  failure: KeyError | undefined;
  inFlight: Promise<void> | undefined;
}

function createCache(
  url: string | { readonly href: string },
  options: RemoteKeySetOptions,
  ports: { readonly clock: Clock; readonly timers: Timers },
): Cache {
  const { maxBytes = 262_144, headers = {}, alg = 'RS256' } = options;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new ConfigError('"headers" is an object of texts.');
  if (!(Number.isInteger(maxBytes) && maxBytes > 0))
    throw new ConfigError('"maxBytes" is a whole number above 0.');
  const row = findAlgorithm(alg);
  if (row === undefined || row.kty === 'oct')
    throw new ConfigError('"alg" of remoteKeySet is an algorithm of key pairs.');
  const fetch = options.fetch ?? (globalThis as { fetch?: unknown }).fetch;
  if (typeof fetch !== 'function') throw new ConfigError('"fetch" is a function like the global fetch.');
  const timeoutMs = milliseconds(options.timeout ?? '5s', 'timeout');
  return {
    request: {
      url: checkedUrl(url),
      headers,
      timeoutMs,
      maxBytes,
      fetch: fetch as JwksFetch,
      timers: ports.timers,
    },
    clock: ports.clock,
    maxAgeMs: milliseconds(options.maxAge ?? '10m', 'maxAge'),
    cooldownMs: milliseconds(options.cooldown ?? '30s', 'cooldown'),
    staleMs: milliseconds(options.staleIfError ?? '1h', 'staleIfError'),
    alg,
    closed: new AbortController(),
    unknown: new Set(),
    keys: [],
    epoch: 0,
    etag: undefined,
    loadedAt: undefined,
    freshMs: 0,
    askedAt: undefined,
    failure: undefined,
    inFlight: undefined,
  };
}

function sourceOfCache(cache: Cache): KeySource {
  return {
    get epoch() {
      return cache.epoch;
    },
    find: (alg, kid) => find(cache, alg, kid),
    fetch: (_alg, kid) => fetchFor(cache, kid),
  };
}

/** No secret is ever in a remote set, so a token under HMAC is refused whatever is there. */
function find(cache: Cache, alg: string, kid: string | undefined): readonly VerificationKey[] {
  const row = findAlgorithm(alg);
  if (row === undefined || row.kty === 'oct') throw algNotAllowed(alg);
  if (!isUsable(cache)) return [];
  if (ageOf(cache, cache.loadedAt) >= cache.freshMs * AHEAD && mayAsk(cache))
    void refresh(cache).catch(() => {});
  const fitting = cache.keys.filter(key => key.alg === alg);
  const isThere = kid === undefined ? fitting.length > 0 : fitting.some(key => key.kid === kid);
  if (!isThere && mayAsk(cache) && !(kid !== undefined && cache.unknown.has(kid))) return [];
  if (fitting.length === 0) throw notFound();
  return chooseKeys(fitting, alg, kid);
}

/** Fresh; or, when the newest attempt failed, not stale for too long. */
function isUsable(cache: Cache): boolean {
  const age = ageOf(cache, cache.loadedAt);
  return age < cache.freshMs + (cache.failure === undefined ? 0 : cache.staleMs);
}

function ageOf({ clock }: Cache, since: Moment | undefined): number {
  if (since === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(clock.wall() - since.wall, clock.monotonic() - since.monotonic);
}

function mayAsk(cache: Cache): boolean {
  return (
    cache.inFlight !== undefined ||
    (!cache.closed.signal.aborted && ageOf(cache, cache.askedAt) >= cache.cooldownMs)
  );
}

async function load(cache: Cache): Promise<void> {
  if (cache.loadedAt !== undefined && ageOf(cache, cache.loadedAt) < cache.freshMs) return;
  await fetchFor(cache, undefined);
}

/** One fetch in flight, for whoever asks; in the cool-down the newest failure again, if there is nothing to use. */
async function fetchFor(cache: Cache, kid: string | undefined): Promise<void> {
  if (mayAsk(cache)) {
    try {
      await refresh(cache);
    } catch (error) {
      if (!isUsable(cache)) throw error;
    }
  } else if (!isUsable(cache)) throw cache.failure ?? unavailable();
  if (kid !== undefined && cache.failure === undefined) rememberUnknown(cache, kid);
}

function unavailable(): KeyError {
  return new KeyError('ERR_JWKS_UNREACHABLE', 'The set of keys is closed or was asked for a moment ago.');
}

function rememberUnknown(cache: Cache, kid: string): void {
  if (cache.keys.some(key => key.kid === kid)) return;
  if (cache.unknown.size >= MOST_UNKNOWN) cache.unknown.clear();
  cache.unknown.add(kid);
}

function refresh(cache: Cache): Promise<void> {
  cache.inFlight ??= fetchNow(cache).finally(() => {
    cache.inFlight = undefined;
  });
  return cache.inFlight;
}

async function fetchNow(cache: Cache): Promise<void> {
  const now: Moment = { wall: cache.clock.wall(), monotonic: cache.clock.monotonic() };
  cache.askedAt = now;
  try {
    accept(cache, await requestJwks(cache.request, cache.etag, cache.closed.signal), now);
    cache.failure = undefined;
  } catch (error) {
    cache.failure = error as KeyError;
    throw error;
  }
}

/** Its freshness counts from the moment the request was sent, and it is not fetched more often than the cool-down allows. */
function accept(cache: Cache, answer: JwksAnswer, sentAt: Moment): void {
  if (answer.jwks !== undefined) {
    const policy = { secrets: 'passOver', unusable: 'passOver' } as const;
    cache.keys = importJwks(answer.jwks, cache.alg, policy);
    cache.epoch++;
    cache.unknown.clear();
  }
  cache.etag = answer.etag;
  cache.loadedAt = sentAt;
  const maxAgeMs = answer.maxAge === undefined ? cache.maxAgeMs : answer.maxAge * 1000;
  cache.freshMs = Math.max(Math.min(maxAgeMs, cache.maxAgeMs), cache.cooldownMs);
}
