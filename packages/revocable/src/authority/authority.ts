/** One store in, all of it out: issue, refresh, revoke, introspect, keys, the feed. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { Jwks } from '../jose/index.ts';
import { systemRandom } from '../random.ts';
import {
  type Cursor,
  type FeedEvent,
  type ProbeAnswer,
  placeOf,
  type ReplicaReport,
} from '../revocation/index.ts';
import { type Session, sessionOf } from '../sessions/index.ts';
import type { Beginning, ReplicaRow, SessionCount, Store } from '../store.ts';
import { clockFrom, systemTimers } from '../time.ts';
import {
  createVerifier,
  type DpopOptions,
  type DpopTerms,
  type Verifier,
  type VerifyOptions,
} from '../verifier/index.ts';
import { beginningAgain, type Context, isRefused, refusedError } from './context.ts';
import { type CutoffCounts, countCutoffs } from './cutoff-counts.ts';
import { createFeedEvents, type FeedOptions, resumable } from './feed-events.ts';
import type { GivenBack } from './healing.ts';
import { type Introspection, introspect } from './introspection.ts';
import { type AccessToken, type IssueOptions, issue, type TokenPair } from './issuer.ts';
import { type AuthorityPorts, openContext } from './opening.ts';
import { type AuthorityOptions, settingsOf } from './options.ts';
import { type RefreshOptions, refresh } from './refresher.ts';
import { endOthers, type Revocation, type RevokeOptions, revoke } from './revoker.ts';
import { type Settled, type SettledOptions, settled } from './settled.ts';
import type { KeyRotation, KeyStatus, RotateOptions } from './signing-keys.ts';
import { NOBODY } from './takeover.ts';
import { filterOf, namedTarget, type Target } from './target.ts';
import { createTokenProver } from './token-prover.ts';
import { keepUp } from './upkeep.ts';
import { giveBack, watchStore } from './watch.ts';

export type { AuthorityPorts } from './opening.ts';

/** Sessions, to list and to end. */
export interface Sessions {
  /** Those that are neither over nor taken back, newest use first. */
  list(user: { readonly subject: string; readonly tenant?: string }): Promise<Session[]>;
  end(session: string): Promise<Revocation>;
  /** All of this session's user but this one, which goes on. */
  endOthers(session: string): Promise<{ readonly ended: number; readonly cursor: Cursor }>;
  count(target: Target): Promise<SessionCount>;
}

/** Who probes; without a name nobody waits for it. */
export type ReplicaIdentity = Pick<ReplicaReport, 'name'> & Partial<ReplicaReport>;

export interface AuthorityStatus {
  /** The store's clock, ms; `seenAt` of the replicas is by it. */
  readonly now: number;
  readonly replicas: readonly ReplicaRow[];
  readonly keys: readonly KeyStatus[];
  readonly sessions: number;
  readonly cutoffs: CutoffCounts;
}

/** Who signs and revokes. */
export interface Authority {
  readonly issuer: string;
  /** Before you look at a password, a role or a disabled flag: what you read afterwards cannot outlive a revocation. */
  begin(): Promise<Beginning>;
  /**
   * A session and its tokens; with `refresh: false` an access token alone.
   * @throws {StoreError} ERR_BEGIN_OUTDATED a cut that applies came since `begun`: begin and look again
   * @throws {StoreError} ERR_STORE_UNAVAILABLE nothing has changed
   */
  issue(options: IssueOptions & { readonly refresh: false }): Promise<AccessToken>;
  issue(options: IssueOptions): Promise<TokenPair>;
  /**
   * @throws {TokenError} ERR_TOKEN_MALFORMED, ERR_TOKEN_TYPE, ERR_TOKEN_SIGNATURE, ERR_TOKEN_CLAIM, ERR_TOKEN_REVOKED
   * @throws {SessionError} ERR_SESSION_NOT_FOUND, ERR_SESSION_EXPIRED, ERR_REFRESH_REUSED
   * @throws {StoreError} ERR_STORE_UNAVAILABLE: nothing is consumed, the same token works afterwards
   */
  refresh(refreshToken: string, options?: RefreshOptions): Promise<TokenPair>;
  /** Durable when it resolves; this authority's own verifier refuses from then on. */
  revoke(target: Target | readonly Target[], options?: RevokeOptions): Promise<Revocation>;
  settled(cursor: Cursor, options?: SettledOptions): Promise<Settled>;
  readonly sessions: Sessions;
  /**
   * RFC 7662. A bound token is active whoever asks, and `cnf` says to which key; with `dpop` the one who asks was sent it
   * and its binding is judged (RFC 9449 section 6.2).
   * @throws {TokenError} ERR_TOKEN_CLAIM, ERR_TOKEN_PROOF, ERR_TOKEN_NONCE of the binding, when `options` are given
   */
  introspect(token: string, options?: VerifyOptions): Promise<Introspection>;
  /** For answers at a token endpoint, and for metadata: which proofs are taken, and the nonce for `DPoP-Nonce`. */
  readonly dpop: DpopTerms;
  readonly verifier: Verifier;
  /** The public halves of all keys that verify. */
  jwks(): Jwks;
  /**
   * The next key takes over, as soon as it has been published for five minutes: one that has waited already does at once, and so
   * does any in the first five minutes of a store.
   */
  rotateKeys(options?: RotateOptions): Promise<KeyRotation>;
  feed(options?: FeedOptions): AsyncIterable<FeedEvent>;
  /** Whether the log can be continued from a cursor; where not, a snapshot is needed. */
  canResume(cursor: Cursor): Promise<boolean>;
  /** A follower's question, which also says what it has applied. `now`: the store's clock, ms. */
  probe(
    replica: string | ReplicaIdentity,
    applied?: Cursor,
  ): Promise<ProbeAnswer & { readonly owner: string }>;
  /**
   * Heals a store that has lost them: entries of the feed, as objects or as its lines. They are believed for the proofs of their
   * authority, whoever brings them, so nobody takes anything back by this.
   */
  giveBack(cuts: readonly unknown[]): Promise<GivenBack>;
  status(): Promise<AuthorityStatus>;
  /** The store stays open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes an authority over a store.
 * @throws {ConfigError} ERR_CONFIG_INVALID an unknown, missing or contradictory option
 * @throws {StoreError} ERR_STORE_CORRUPT the root secret is not that of the store's keys
 */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  return createAuthorityOn(options, {
    clock: clockFrom(options?.clock),
    timers: systemTimers,
    random: systemRandom,
  });
}

/** The same with its ports. */
export async function createAuthorityOn(
  options: AuthorityOptions,
  ports: AuthorityPorts,
): Promise<Authority> {
  const settings = settingsOf(options);
  const context = await openContext(options, settings, ports);
  const { replica } = context;
  const verifier = verifierOf(context, settings.audience, [settings.typ], context.senderProofs.options);
  await replica.ready;
  const stops = [keepUp(context), watchStore(context)];
  const close = async (): Promise<void> => {
    for (const stop of stops) stop();
    replica.close();
    await context.journal?.close();
  };
  return {
    ...issuing(context),
    ...taking(context),
    ...publishing(context),
    issuer: settings.issuer,
    get verifier() {
      if (verifier === undefined) throw new ConfigError('This authority has no keys to verify with.');
      return verifier;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function issuing(context: Context): Pick<Authority, 'begin' | 'issue' | 'refresh' | 'introspect' | 'dpop'> {
  const anyAudience = verifierOf(context, null, null, null);
  return {
    begin: () => begin(context),
    issue: (options: IssueOptions) => issue(context, options) as Promise<TokenPair>,
    refresh: (token, options) => refresh(context, token, options),
    introspect: (token, came) => introspect(context, anyAudience, token, came),
    dpop: context.senderProofs.terms,
  };
}

/** None where another issuer signs. */
function verifierOf(
  { settings, keys, replica, clock }: Context,
  audience: readonly string[] | null,
  typ: string[] | null,
  dpop: DpopOptions | null,
): Verifier | undefined {
  if (keys === undefined) return undefined;
  const { issuer } = settings;
  const now = (): number => clock.wall();
  return createVerifier({
    keys: keys.verification,
    issuer,
    audience,
    typ,
    dpop,
    revocation: replica,
    clock: now,
  });
}

async function begin(context: Context): Promise<Beginning> {
  const begun = await beginningAgain(context, () => context.store.begin());
  if (isRefused(begun)) throw refusedError(begun);
  return begun;
}

function taking(context: Context): Pick<Authority, 'revoke' | 'settled' | 'sessions'> {
  const { store } = context;
  const prover = createTokenProver(context);
  return {
    revoke: (target, options) => revoke(context, prover, target, options),
    settled: (cursor, options) => settled(context, cursor, options),
    sessions: {
      list: async user => (await store.sessions(userFilter(user))).map(sessionOf),
      end: session => revoke(context, prover, { session }),
      endOthers: session => endOthers(context, session),
      count: target => count(store, target),
    },
  };
}

function userFilter(user: { readonly subject: string; readonly tenant?: string }) {
  const named = namedTarget(
    user.tenant ? { subject: user.subject, tenant: user.tenant } : { subject: user.subject },
  );
  if (named.kind !== 'user') throw new ConfigError('sessions.list takes { subject, tenant? }.');
  return named;
}

async function count(store: Store, target: Target): Promise<SessionCount> {
  const filter = filterOf(namedTarget(target));
  return filter === undefined ? { sessions: 0, devices: 0, subjects: 0 } : store.count(filter);
}

function publishing(
  context: Context,
): Pick<Authority, 'jwks' | 'rotateKeys' | 'feed' | 'canResume' | 'probe' | 'giveBack' | 'status'> {
  const { store, keys } = context;
  const { events } = createFeedEvents(store, context);
  return {
    jwks: () => keys?.jwks() ?? { keys: [] },
    rotateKeys: async (options = {}) => {
      refuseUnknown(options, ['compromised'], 'rotateKeys');
      if (keys === undefined)
        throw new ConfigError('This authority signs nothing, so it has no keys to rotate.');
      return keys.rotate(options);
    },
    feed: options => events(options ?? {}),
    canResume: async cursor => (await resumable(store, cursor)) !== undefined,
    probe: (replica, applied) => probe(store, replica, applied),
    giveBack: cuts => giveBack(context, cuts),
    status: () => status(context),
  };
}

async function probe(store: Store, replica: string | ReplicaIdentity, applied: Cursor | undefined) {
  const identity = typeof replica === 'string' ? { name: replica } : replica;
  const answer = await store.feed.probe({
    maxStalenessMs: 30_000,
    whenStale: 'reject',
    ...identity,
    applied,
  });
  return { ...answer, owner: placeOf(answer.head)?.owner ?? '' };
}

async function status(context: Context): Promise<AuthorityStatus> {
  const { store, keys, replica } = context;
  const [{ now }, replicas, { sessions }] = await Promise.all([
    store.feed.probe(NOBODY),
    store.replicas(),
    store.count({ kind: 'everyone' }),
  ]);
  return { now, replicas, keys: keys?.status() ?? [], sessions, cutoffs: countCutoffs(replica) };
}
