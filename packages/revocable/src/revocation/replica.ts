/** A verifier's local copy of the cut-offs of one issuer: it follows a feed, knows how old it is, and judges tokens. */
import { RevocableError, type StoreError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Clock, Timers } from '../time.ts';
import { type CloseConnection, createConnections, type WatchedToken } from './connections.ts';
import type { CutEntry } from './entry.ts';
import type { Feed, Hold, StalePolicy } from './feed.ts';
import { startFollowing } from './follower.ts';
import { type IsActive, judgeByAsking } from './introspecting.ts';
import { judge, type ProvedToken } from './judgement.ts';
import { ageOf, createKnowledge, type Knowledge, type RevokedListener, remember, take } from './knowledge.ts';
import { type Poller, startPolling } from './poller.ts';
import type { SnapshotFile } from './snapshot.ts';
import { keepSnapshots, type SnapshotKeeper } from './snapshot-keeper.ts';

/** A local copy of the cut-offs of one issuer. Checks are synchronous and ask nobody. */
export interface Replica {
  /** Undefined while the feed has never been heard. */
  readonly issuer: string | undefined;
  /** Resolves when it can judge: a first snapshot and a first answered probe. */
  readonly ready: Promise<void>;
  /** Milliseconds since it is known to have had everything; infinite before it is ready. */
  readonly age: number;
  /**
   * Refuses a token that is cut off.
   * @throws {TokenRevokedError} ERR_TOKEN_REVOKED
   * @throws {TokenClaimError} ERR_TOKEN_CLAIM a stamp that is missing, malformed or from the future
   * @throws {StoreError} ERR_REPLICA_STALE it has heard nothing for longer than `maxStaleness`
   */
  judge(token: ProvedToken): void;
  /**
   * The same, where somebody may have to be asked first: with `poll`, and with `whenStale: 'introspect'`. Absent otherwise.
   * @param text the token itself
   */
  judgeLater?(token: ProvedToken, text: string): Promise<void>;
  /** For other libraries' hooks: claims that they have verified. `kid` of the key that proved the token. */
  isRevoked(claims: Readonly<Record<string, unknown>>, kid?: string): boolean;
  /** Called for each cut that arrives, after it counts. Returns how to stop. */
  onRevoked(listener: RevokedListener): () => void;
  /**
   * A live connection of a token that a verifier accepted: `close` is called once, when the token is cut off, expires or cannot
   * be judged. Registers and checks in one synchronous step, so that no cut comes between. Returns how to stop.
   * @throws {TokenRevokedError} ERR_TOKEN_REVOKED, and all else that `judge` throws: `close` is not called then
   * @throws {TokenExpiredError} ERR_TOKEN_EXPIRED
   */
  watch(verified: WatchedToken, close: CloseConnection): () => void;
  /** How many cuts it holds. */
  readonly size: number;
  close(): void;
  [Symbol.dispose](): void;
}

/** A replica as its maker sees it: entries can also be handed to it at once, before the feed brings them. */
export interface LocalReplica extends Replica {
  apply(entries: readonly CutEntry[]): void;
  /** Entries that were kept elsewhere, in a journal for instance: they count, and what the store lacks of them is given back. */
  remember(entries: readonly CutEntry[]): void;
  /** All entries it has; empty but for those who hold all. */
  entries(): CutEntry[];
  /** How many scopes of a kind are cut; 0 but for those who hold all. */
  count(kind: string): number;
}

export interface ReplicaOptions {
  readonly feed: Feed;
  readonly hold: Hold;
  readonly name: string | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random?: Random;
  /** The feed lies in this process and cannot be apart from its store. */
  readonly neverStale?: boolean;
  /** No stream: who judges with knowledge older than this (ms) asks for what is new. */
  readonly pollMs?: number;
  /** Whom `introspect` asks. */
  readonly isActive?: IsActive;
  /** Where its knowledge is kept between runs. */
  readonly snapshot?: SnapshotFile;
  readonly onSnapshotProblem?: (error: StoreError) => void;
  readonly onKey?: () => void;
  readonly onClose?: () => void;
}

export function createReplica(options: ReplicaOptions): LocalReplica {
  const { clock, hold, neverStale = false, whenStale, maxStalenessMs } = options;
  const knowledge = createKnowledge(clock, hold, neverStale);
  const maxAgeMs = whenStale === 'allow' ? Number.POSITIVE_INFINITY : maxStalenessMs;
  let becameReady = (): void => {};
  const ready = new Promise<void>(resolve => {
    becameReady = resolve;
  });
  const keeper = keeperOf(knowledge, options);
  const source = startSource(knowledge, { ...options, keeper }, becameReady);
  const judgeNow = (token: ProvedToken): void => void judge(knowledge, token, maxAgeMs);
  const connections = createConnections(knowledge, {
    timers: options.timers,
    maxAgeMs,
    judge: token => judge(knowledge, token, maxAgeMs),
    ...(source.catchUp !== undefined && { refresh: source.catchUp }),
  });
  const close = (): void => {
    source.stop();
    keeper?.close();
    connections.end();
    options.onClose?.();
  };
  const judgeLater = laterJudge(knowledge, options, source, judgeNow);
  return {
    get issuer() {
      return knowledge.profile?.issuer;
    },
    ready,
    get age() {
      return ageOf(knowledge);
    },
    get size() {
      return knowledge.table.size;
    },
    judge: judgeNow,
    ...(judgeLater !== undefined && { judgeLater }),
    isRevoked: (claims, kid) => isRefusedBy(judgeNow, { claims, typ: undefined, key: { kid } }),
    onRevoked: listener => listen(knowledge.listeners, listener),
    watch: connections.watch,
    apply: entries => take(knowledge, entries),
    remember: entries => remember(knowledge, entries),
    entries: () => knowledge.healer?.all() ?? [],
    count: kind => knowledge.healer?.count(kind) ?? 0,
    close,
    [Symbol.dispose]: close,
  };
}

function keeperOf(knowledge: Knowledge, options: ReplicaOptions): SnapshotKeeper | undefined {
  const { snapshot, timers, onSnapshotProblem = () => {} } = options;
  if (snapshot === undefined) return undefined;
  return keepSnapshots(knowledge, { file: snapshot, timers }, onSnapshotProblem);
}

/** What brings the knowledge: a stream, or whoever asks. */
type Source = Partial<Poller> & { stop(): void };

function startSource(
  knowledge: Knowledge,
  options: ReplicaOptions & { readonly keeper: SnapshotKeeper | undefined },
  onReady: () => void,
): Source {
  const onKey = options.onKey ?? (() => {});
  const { pollMs } = options;
  return pollMs === undefined
    ? { stop: startFollowing(knowledge, { ...options, onKey, onReady }) }
    : startPolling(knowledge, { ...options, pollMs, onKey, onReady });
}

function laterJudge(
  knowledge: Knowledge,
  { isActive }: ReplicaOptions,
  { catchUp }: Source,
  judgeNow: (token: ProvedToken) => void,
): Replica['judgeLater'] {
  if (isActive === undefined && catchUp === undefined) return undefined;
  return async (token, text) => {
    await catchUp?.();
    if (isActive === undefined) judgeNow(token);
    else await judgeByAsking(knowledge, { token, text }, judgeNow, isActive);
  };
}

function isRefusedBy(judgeNow: (token: ProvedToken) => void, token: ProvedToken): boolean {
  try {
    judgeNow(token);
    return false;
  } catch (error) {
    if (error instanceof RevocableError && error.code === 'ERR_TOKEN_REVOKED') return true;
    throw error;
  }
}

function listen(listeners: Set<RevokedListener>, listener: RevokedListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
