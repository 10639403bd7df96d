/** An authority under load on a store, a verifier that follows it, and what must hold of both whatever happens to the store. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Authority,
  createAuthority,
  createKeySet,
  createVerifier,
  followRevocations,
  openStore,
  type Replica,
  type Store,
  type Verifier,
} from 'revocable';
import { until } from '../contracts/store-world.ts';

const NAMES = { issuer: 'https://auth.example', audience: 'api' };
/** Of every authority, in whatever process. */
export const SECRET = 'the root secret of a bad day, 32 bytes';
const STALE_MS = 2000;

/** A revocation that returned: its token must pass nowhere from `at` + staleness on. */
export interface Acknowledged {
  readonly subject: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly at: number;
}

export interface Outcome {
  readonly acknowledged: number;
  /** Acknowledged, and yet the token is taken: by the verifier that ran all the time, or by one that begins now. */
  readonly lost: number;
  /** Checks in which the verifier that ran all the time took a revoked token when it no longer may. */
  readonly late: number;
  /** Errors that are no outage, in the words of the first. */
  readonly wrong: readonly string[];
  /** From the moment at which the cause was gone until a new login passes at the verifier; of several the longest. */
  readonly recoveryMs: number;
}

export interface World {
  readonly authority: Authority;
  readonly store: Store;
  readonly follower: Replica;
  readonly acknowledged: readonly Acknowledged[];
  /** A revocation that returned elsewhere. */
  acknowledge(revocation: Acknowledged): void;
  /** Waits until so many more revocations have returned. */
  work(count: number): Promise<void>;
  /** Whether the verifier that follows takes a token that is good. */
  follows(): Promise<boolean>;
  /** The cause is gone, or (of a failover) has come: waits until a new login passes at the verifier. */
  recovers(): Promise<void>;
  /** The same of something else: how long it took. */
  recoveredIn(ms: number): void;
  /** Waits until more is acknowledged, stops the load, and judges. */
  judge(): Promise<Outcome>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly url: string;
  /** How the verifier reaches it, where that is another way. */
  readonly followerUrl?: string;
  readonly waitForReplicas?: number;
  /** Of this machine: not of a Redis. */
  readonly clock?: () => number;
}

interface Load {
  readonly done: Acknowledged[];
  readonly wrong: string[];
  stop(): Promise<void>;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { url, followerUrl = url, waitForReplicas, clock = Date.now } = options;
  const store = await openStore(url, {
    ...(waitForReplicas === undefined ? {} : { waitForReplicas }),
    ...(url.startsWith('file:') ? { clock } : {}),
  });
  const signing = { alg: 'ES256' } as const;
  const authority = await createAuthority({ store, secret: SECRET, ...NAMES, signing, clock });
  const { verifier, replica: follower } = await newVerifier(authority, followerUrl, clock);
  await follower.ready;
  const load = startLoad(authority);
  const watching = watch(verifier, load);
  let recoveryMs = 0;
  const follows = (): Promise<boolean> => passes(authority, verifier);
  const recoveredIn = (ms: number): void => {
    recoveryMs = Math.max(recoveryMs, ms);
  };
  const recovers = async (): Promise<void> => {
    const since = performance.now();
    await until(follows, 60_000);
    recoveredIn(performance.now() - since);
  };
  return {
    ...{ authority, store, follower, acknowledged: load.done, follows, recovers, recoveredIn },
    acknowledge: revocation => void load.done.push(revocation),
    work: count => moreThan(load, load.done.length + count),
    async judge() {
      await moreThan(load, load.done.length + 5);
      await load.stop();
      await recovers(); // an old primary that comes back can break the feed once more
      const wrong = [...load.wrong, ...(await refusedAnew(authority, verifier, load.done))];
      const lost = await lostOf(authority, verifier, { url, clock }, load.done);
      return { acknowledged: load.done.length, lost, late: watching.late(), wrong, recoveryMs };
    },
    async close() {
      watching.stop();
      await load.stop();
      follower.close();
      await authority.close();
      await store.close();
    },
  };
}

interface Stoppable {
  stop(): Promise<void>;
}

/** The world on servers, both closed whatever happens. */
export async function on<Servers extends Stoppable>(
  servers: Servers,
  options: WorldOptions,
  fault: (world: World, servers: Servers) => Promise<unknown>,
): Promise<Outcome> {
  let world: World | undefined;
  try {
    world = await openWorld(options);
    await world.work(20);
    await fault(world, servers);
    return await world.judge();
  } finally {
    await world?.close();
    await servers.stop();
  }
}

export async function again(times: number, step: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i += 1) await step();
}

export interface Fault {
  readonly name: string;
  /**
   * Undefined where this machine cannot have it.
   * @param isLong the form of `npm run chaos`
   */
  run(isLong: boolean): Promise<Outcome | undefined>;
}

const moreThan = (load: Load, count: number): Promise<void> => until(() => load.done.length >= count, 60_000);

async function newVerifier(
  authority: Authority,
  url: string,
  clock: () => number,
): Promise<{ verifier: Verifier; replica: Replica }> {
  const replica = await followRevocations(url, { name: 'api', maxStaleness: STALE_MS / 1000, clock });
  const keys = createKeySet(authority.jwks());
  return { verifier: createVerifier({ keys, ...NAMES, revocation: replica, clock }), replica };
}

/** An outage is no verdict: it is waited out. */
async function patiently<T>(step: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + 30_000; ; await pause(100))
    try {
      return await step();
    } catch (error) {
      if (!OUTAGES.includes((error as { code?: string }).code ?? '') || performance.now() > end) throw error;
    }
}

const OUTAGES = ['ERR_STORE_UNAVAILABLE', 'ERR_BEGIN_OUTDATED'];

/** Users that log in and are taken back, a few at a time. An outage is waited out. */
function startLoad(authority: Authority): Load {
  const load = { done: [] as Acknowledged[], wrong: [] as string[], isOver: false, users: 0 };
  const work = async (): Promise<void> => {
    while (!load.isOver) {
      try {
        const subject = `user-${load.users++}`;
        const { accessToken: token, refreshToken } = await authority.issue({ subject });
        await authority.revoke({ subject });
        load.done.push({ subject, token, refreshToken, at: performance.now() });
      } catch (error) {
        const { code = '', message } = error as { code?: string; message: string };
        if (!OUTAGES.includes(code)) load.wrong.push(`${code} ${message}`);
        await pause(20);
      }
      await pause(5);
    }
  };
  const workers = [work(), work(), work()];
  return {
    ...load,
    async stop() {
      load.isOver = true;
      await Promise.all(workers);
    },
  };
}

/** Looks all the time whether a token passes for longer than a verifier may be behind. */
function watch(verifier: Verifier, { done }: Load): { late(): number; stop(): void } {
  let late = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (const { token, at } of done.slice(-60)) {
      if (now - at <= STALE_MS) continue;
      if (verifier.check(token).ok) late += 1;
    }
  }, 50);
  return { late: () => late, stop: () => clearInterval(timer) };
}

async function passes(authority: Authority, verifier: Verifier): Promise<boolean> {
  try {
    const { accessToken } = await authority.issue({ subject: 'somebody', refresh: false });
    return verifier.check(accessToken).ok;
  } catch {
    return false;
  }
}

/** Whoever was taken back and logs in again must pass, here and at the verifier; so must his next tokens. */
async function refusedAnew(
  authority: Authority,
  verifier: Verifier,
  done: readonly Acknowledged[],
): Promise<string[]> {
  const refused: string[] = [];
  for (const { subject } of done.slice(-5)) {
    const first = await patiently(() => authority.issue({ subject }));
    const next = await patiently(() => authority.refresh(first.refreshToken));
    for (const { accessToken } of [first, next]) {
      await until(() => verifier.check(accessToken).ok).catch(() => undefined); // It may be a moment behind.
      const reply = verifier.check(accessToken);
      if (!reply.ok) refused.push(`a fresh login was refused: ${reply.code}`);
    }
  }
  return refused;
}

/** Asked of the verifier that ran all the time, and of those who know nothing but what the store holds now. */
async function lostOf(
  authority: Authority,
  running: Verifier,
  { url, clock }: { readonly url: string; readonly clock: () => number },
  done: readonly Acknowledged[],
): Promise<number> {
  const taken = (verifier: Verifier): Acknowledged[] => done.filter(({ token }) => verifier.check(token).ok);
  await until(() => taken(running).length === 0).catch(() => undefined);
  const { verifier, replica } = await newVerifier(authority, url, clock);
  await replica.ready;
  const lost = new Set([...taken(running), ...taken(verifier)]);
  replica.close();
  for (const each of done.slice(-50)) {
    const refreshing = patiently(() => authority.refresh(each.refreshToken));
    const error = await refreshing.catch((e: { code?: string }) => e);
    const isRefused = 'code' in error && REFUSED.includes(error.code ?? '');
    if (!isRefused) lost.add(each);
  }
  return lost.size;
}

const REFUSED = ['ERR_TOKEN_REVOKED', 'ERR_SESSION_NOT_FOUND'];
