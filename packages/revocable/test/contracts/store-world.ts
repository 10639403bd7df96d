/** What the store contract speaks in: short words for steps, and a clock that a test sets. */
import { type Cursor, type CutEntry, type Hold, sessionScope, userScope } from '#revocation/index';
import type { Issued, IssueStep, Refreshed, Refused, Revoked, Store } from '#store';

export const NOW = 1_795_000_000_000;
export const LIVES = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };
export const GRACE_MS = 30_000;
export const IDLE_MS = 604_800_000;

export interface SetClock {
  (): number;
  now: number;
}

export function createSetClock(now: number = NOW): SetClock {
  const clock = (() => clock.now) as SetClock;
  clock.now = now;
  return clock;
}

export interface Person {
  readonly tenant?: string;
  readonly subject: string;
  readonly client?: string;
}

let ids = 0;

export type SessionWish = Partial<NonNullable<IssueStep['session']>>;

export function newSession(person: Person, wish: SessionWish = {}): NonNullable<IssueStep['session']> {
  ids += 1;
  const { tenant = '', subject, client = '' } = person;
  const whole = {
    id: `session-${ids}`,
    tenant,
    subject,
    client,
    device: '',
    address: '',
    salt: `salt-${ids}`,
  };
  const rules = { idleMs: IDLE_MS, graceMs: GRACE_MS, policy: 'recover' as const, lifeMs: LIVES.refreshMs };
  return { ...whole, ...rules, parent: '', audience: ['api'], scope: '', claims: {}, ...wish };
}

export async function begun(store: Store): Promise<{ owner: string; head: number; now: number }> {
  const beginning = await store.begin();
  if ('refused' in beginning) throw new Error(`begin: ${beginning.refused}`);
  return beginning;
}

/** A login: begin, then the step. */
export async function login(
  store: Store,
  clock: () => number,
  person: Person,
  wish: SessionWish = {},
): Promise<Issued> {
  const reply = await tryLogin(store, clock, person, wish);
  if ('refused' in reply) throw new Error(`issue: ${reply.refused}`);
  return reply;
}

export async function tryLogin(
  store: Store,
  clock: () => number,
  person: Person,
  wish: SessionWish = {},
): Promise<Issued | Refused> {
  const { tenant = '', subject, client = '' } = person;
  const session = newSession(person, wish);
  const step = { tenant, subject, client, session, caller: clock(), lives: LIVES };
  return store.issue({ ...step, begun: await begun(store) });
}

export async function accessOnly(store: Store, clock: () => number, person: Person): Promise<Issued> {
  const { tenant = '', subject, client = '' } = person;
  const reply = await store.issue({
    tenant,
    subject,
    client,
    begun: await begun(store),
    caller: clock(),
    lives: LIVES,
  });
  if ('refused' in reply) throw new Error(`issue: ${reply.refused}`);
  return reply;
}

export async function refresh(
  store: Store,
  clock: () => number,
  session: string,
  generation: number,
  claims?: Record<string, unknown>,
): Promise<Refreshed | Refused> {
  const given = claims === undefined ? {} : { claims };
  return store.refresh({
    session,
    generation,
    begun: await begun(store),
    caller: clock(),
    lives: LIVES,
    ...given,
  });
}

/** "log out everywhere" on plane `s`, or another plane. */
export async function cutUser(
  store: Store,
  clock: () => number,
  { tenant, subject }: Person,
  plane: 'a' | 'r' | 's' = 's',
): Promise<Revoked> {
  const user = userScope(tenant, subject);
  return revoke(store, clock, [{ kind: 'finite', scope: user, plane, user }]);
}

export async function revoke(
  store: Store,
  clock: () => number,
  orders: Parameters<Store['revoke']>[0]['orders'],
): Promise<Revoked> {
  const reply = await store.revoke({ orders, caller: clock(), lives: LIVES });
  if ('refused' in reply) throw new Error(`revoke: ${reply.refused}`);
  return reply;
}

export const endSession = (store: Store, clock: () => number, session: string): Promise<Revoked> =>
  revoke(store, clock, [{ kind: 'session', session, plane: 's' }]);

export const cutSession = (session: string) =>
  ({ kind: 'forever', scope: sessionScope(session), plane: 's' }) as const;

/** A reader that merges what it loads and follows, as a replica does. */
export interface Reader {
  readonly cuts: Map<string, CutEntry>;
  readonly order: number[];
  cursor: Cursor;
  lost: number;
  keys: number;
  stop(): void;
}

export async function read(store: Store, hold: Hold = 'all'): Promise<Reader> {
  const reader = createReader();
  const take = (entries: readonly CutEntry[]): void => {
    for (const entry of entries) takeEntry(reader, entry);
  };
  await store.begin(); // An authority opens an empty store; no reader does.
  reader.cursor = await store.feed.load(hold, take);
  reader.order.length = 0;
  followFrom(reader, store, reader.cursor, hold);
  return reader;
}

export function followFrom(reader: Reader, store: Store, cursor: Cursor, hold: Hold = 'all'): Reader {
  reader.stop = store.feed.follow(cursor, hold, {
    entries(entries, next) {
      for (const entry of entries) takeEntry(reader, entry);
      reader.cursor = next;
    },
    lost() {
      reader.lost += 1;
    },
    profile() {},
    key() {
      reader.keys += 1;
    },
  });
  return reader;
}

export function createReader(): Reader {
  return { cuts: new Map(), order: [], cursor: '', lost: 0, keys: 0, stop() {} };
}

function takeEntry(reader: Reader, entry: CutEntry): void {
  const before = reader.cuts.get(entry.scope);
  const { a = 0, r = 0, s = 0 } = before ?? {};
  const merged = { a: Math.max(a, entry.a), r: Math.max(r, entry.r), s: Math.max(s, entry.s) };
  reader.cuts.set(entry.scope, { ...entry, ...merged });
  reader.order.push(entry.number);
}

/** Waits until it holds; the test's own time-out is the limit. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It did not come to hold.');
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
