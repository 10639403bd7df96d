/** Live connections: each is closed when its token is cut off, expires, or can no longer be judged. */
import { type RevocableError, TokenExpiredError } from '../errors.ts';
import type { Timers } from '../time.ts';
import { type ProvedToken, stale } from './judgement.ts';
import { ageOf, type Knowledge, tell } from './knowledge.ts';
import type { ProvingKey } from './profile.ts';
import type { Scope } from './scope.ts';
import { type Standing, scopesOf } from './standing.ts';

/** What a verifier gave. Where a schema made other claims of a token's, it is judged by `tokenClaims`. */
export interface WatchedToken {
  readonly header: { readonly typ?: unknown };
  readonly claims: unknown;
  readonly tokenClaims?: unknown;
  readonly key: ProvingKey;
}

/** Closes a connection; hears why. */
export type CloseConnection = (reason: RevocableError) => void;

export interface Connections {
  /** Registers and judges in one step. Throws what `judge` throws, and ERR_TOKEN_EXPIRED. */
  watch(token: WatchedToken, close: CloseConnection): () => void;
  /** Nothing will be heard any more: all are closed. */
  end(): void;
}

interface Connection {
  readonly token: ProvedToken;
  readonly close: CloseConnection;
  readonly scopes: readonly Scope[];
  /** Wall clock, ms. */
  readonly expires: number;
}

interface State {
  readonly knowledge: Knowledge;
  readonly timers: Timers;
  readonly maxAgeMs: number;
  readonly judge: (token: ProvedToken) => Standing;
  /** Asked for at each look, where no stream brings what is new. */
  readonly refresh: () => Promise<void>;
  readonly open: Set<Connection>;
  /** Who may be concerned by a cut, so that it costs nothing to all others. */
  readonly byScope: Map<Scope, Set<Connection>>;
  stopTimer: () => void;
  /** When the timer looks again, monotonic; infinite without one. */
  looksAt: number;
}

/** Timers stop while a machine sleeps, and clocks step: it looks at least this often. */
const LOOK_EVERY_MS = 1000;

export function createConnections(
  knowledge: Knowledge,
  options: Pick<State, 'timers' | 'maxAgeMs' | 'judge'> & Partial<Pick<State, 'refresh'>>,
): Connections {
  const state: State = {
    refresh: async () => {},
    ...options,
    knowledge,
    open: new Set(),
    byScope: new Map(),
    stopTimer: () => {},
    looksAt: Number.POSITIVE_INFINITY,
  };
  knowledge.listeners.add(entry => {
    for (const connection of [...(state.byScope.get(entry.scope) ?? [])]) closeIfRefused(state, connection);
  });
  return {
    watch: (token, close) => watch(state, token, close),
    end() {
      for (const connection of [...state.open])
        shut(state, connection, stale('The replica that watched this connection is closed.'));
    },
  };
}

function watch(state: State, token: WatchedToken, close: CloseConnection): () => void {
  const claims = (token.tokenClaims ?? token.claims) as ProvedToken['claims'];
  const { typ } = token.header;
  const proved = { claims, typ: typeof typ === 'string' ? typ : undefined, key: token.key };
  const standing = state.judge(proved);
  const { exp } = claims;
  const expires = typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY;
  if (expires <= state.knowledge.clock.wall()) throw new TokenExpiredError(new Date(expires));
  const connection = { token: proved, close, scopes: scopesOf(standing), expires };
  state.open.add(connection);
  for (const scope of connection.scopes) watchersOf(state, scope).add(connection);
  lookBy(state, nextLook(state, connection));
  return () => drop(state, connection);
}

function watchersOf({ byScope }: State, scope: Scope): Set<Connection> {
  const watchers = byScope.get(scope) ?? new Set();
  byScope.set(scope, watchers);
  return watchers;
}

function closeIfRefused(state: State, connection: Connection): void {
  try {
    state.judge(connection.token);
  } catch (error) {
    shut(state, connection, error as RevocableError);
  }
}

function shut(state: State, connection: Connection, reason: RevocableError): void {
  if (drop(state, connection)) tell(connection.close, reason);
}

function drop(state: State, connection: Connection): boolean {
  if (!state.open.delete(connection)) return false;
  for (const scope of connection.scopes) {
    const watchers = state.byScope.get(scope);
    watchers?.delete(connection);
    if (watchers?.size === 0) state.byScope.delete(scope);
  }
  if (state.open.size === 0) {
    state.stopTimer();
    state.looksAt = Number.POSITIVE_INFINITY;
  }
  return true;
}

/** Milliseconds until a connection expires or its replica is stale. */
function nextLook({ knowledge, maxAgeMs }: State, { expires }: Connection): number {
  // An age without a bound says nothing of when to look, and both may be infinite.
  const staleIn = maxAgeMs < Number.POSITIVE_INFINITY ? maxAgeMs - ageOf(knowledge) + 1 : LOOK_EVERY_MS;
  return Math.max(1, Math.min(LOOK_EVERY_MS, expires - knowledge.clock.wall(), staleIn));
}

function lookBy(state: State, delayMs: number): void {
  const at = state.knowledge.clock.monotonic() + delayMs;
  if (at >= state.looksAt) return;
  state.stopTimer();
  state.looksAt = at;
  state.stopTimer = state.timers.set(() => look(state), delayMs);
}

function look(state: State): void {
  state.looksAt = Number.POSITIVE_INFINITY;
  const { clock } = state.knowledge;
  const isStale = ageOf(state.knowledge) > state.maxAgeMs;
  let delayMs = LOOK_EVERY_MS;
  for (const connection of [...state.open]) {
    if (connection.expires <= clock.wall())
      shut(state, connection, new TokenExpiredError(new Date(connection.expires)));
    else if (isStale) closeIfRefused(state, connection);
    else delayMs = Math.min(delayMs, nextLook(state, connection));
  }
  if (state.open.size === 0) return;
  lookBy(state, delayMs);
  void state.refresh();
}
