/** Who knows everything: each stamp, token, revocation, check and connection of the world, in true order. */
import type { Cursor, CutEntry } from '#revocation/index';
import { placeOf } from '#revocation/index';
import type { SessionRow } from '#sessions/index';
import type { Issued, IssueStep, Refreshed, RefreshStep, Refused, Revoked, RevokeStep } from '#store';
import type { Machine } from './machine.ts';
import type { Server } from './server.ts';

export type StepKind = 'issue' | 'refresh' | 'revoke';

export interface StepSeen {
  readonly kind: StepKind;
  readonly step: object;
  readonly reply: object;
  readonly server: Server;
  readonly client: Machine;
  readonly before: Before;
}

/** What the server held before a step. */
export interface Before {
  readonly session: SessionRow | undefined;
  readonly owner: string;
  readonly server: string;
}

/** A stamp that was given. `seq` orders all that happens. */
export interface Stamped {
  readonly seq: number;
  readonly at: number;
  readonly begunAt: number;
  readonly session: string | undefined;
  readonly subject: string;
  readonly stamp: number;
  readonly login: number;
  /** The call that asked for it. */
  readonly call: number;
  /** When its session ends, by the store's clock. */
  readonly endsMs: number;
}

export interface Token {
  readonly id: number;
  readonly access: string;
  readonly refresh: string | undefined;
  readonly kid: string;
  readonly tenant: string;
  readonly subject: string;
  readonly client: string;
  readonly session: string | undefined;
  readonly parent: string | undefined;
  readonly stamp: number;
  readonly login: number;
  readonly jti: string;
  readonly iatMs: number;
  readonly expMs: number;
  /** The version of the facts that it was built on. */
  readonly facts: number;
  readonly begunAt: number;
  readonly steppedAt: number;
  readonly endsMs: number;
}

export type Plane = 'a' | 'r' | 's';
export type Aim =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'client'; readonly client: string }
  | { readonly kind: 'user'; readonly tenant: string; readonly subject: string }
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'token'; readonly jti: string }
  | { readonly kind: 'key'; readonly kid: string };

export interface Cut {
  readonly aim: Aim;
  readonly plane: Plane;
}

/** A revocation: its step, and when its caller was told. */
export interface Revoke {
  readonly id: number;
  readonly seq: number;
  readonly at: number;
  readonly cuts: readonly Cut[];
  readonly cursor: Cursor;
  readonly owner: string;
  readonly number: number;
  readonly cutoff: number;
  readonly wrote: readonly CutEntry[];
  readonly server: Server;
  /** The clocks of the authority that asked, and of the store. */
  readonly caller: number;
  readonly clock: number;
  returnedSeq: number | undefined;
  returnedAt: number | undefined;
  settledSeq: number | undefined;
  /** The version of its user's facts that it followed. */
  facts: number | undefined;
  /** Its server forgot it. */
  isLost: boolean;
  /** What verifiers had heard of it until then: a log that lost its tail gives the same number again, with another tag. */
  readonly heardBy: Set<object>;
}

/** When a verifier last told the store where it stands, and how wrong the clock was by which the store noted it. */
export interface Report {
  readonly at: number;
  readonly skewMs: number;
}

export interface Oracle {
  readonly stamps: Stamped[];
  readonly tokens: Token[];
  readonly revokes: Revoke[];
  readonly takeovers: { readonly seq: number; readonly highest: number }[];
  readonly seq: number;
  tick(): number;
  beforeStep(server: Server, kind: StepKind, step: object): Before;
  step(seen: StepSeen): void;
  /** @param known what the server itself still knew to have been given, where no more can be asked of it */
  tookOver(known?: number): void;
  /** A server has forgotten what each user was last given. */
  forgotLast(): void;
  /** When one did. */
  readonly forgotAt: number;
  /** A token that a caller got. */
  token(access: string, refresh: string | undefined): Token;
  /**
   * The reply with the number of its revocation in place of what an authority hands on to its caller as it is. The cursor
   * cannot tell whose call it was: proofs follow the cut in the log, and where another has proved it meanwhile, the head is
   * some other revocation's.
   */
  numbered(reply: Revoked): Revoked;
  /** That the caller of this revocation was told, by its number. */
  returned(id: number, facts: number | undefined): Revoke | undefined;
  covering(token: Token): readonly Revoke[];
  /** A verifier told the store where it stands; the store's clock was so far from the true time. */
  reported(name: string, skewMs: number): void;
  readonly reports: ReadonlyMap<string, Report>;
  /** A store lost its row, with its past. */
  lostSession(id: string): void;
  hasLost(id: string): boolean;
  onStep(listener: (seen: StepSeen) => void): void;
  onToken(listener: (token: Token) => void): void;
}

export function createOracle(now: () => number): Oracle {
  const stamps: Stamped[] = [];
  const tokens: Token[] = [];
  const revokes: Revoke[] = [];
  const takeovers: { seq: number; highest: number }[] = [];
  const revokeOf = new WeakMap<object, Revoke>();
  /** Of each token, how many revocations were looked at: whom one covers does not change. */
  const coveringOf = new Map<Token, { looked: number; readonly found: Revoke[] }>();
  /** When the row of a session was lost. */
  const lost = new Map<string, number>();
  const reports = new Map<string, Report>();
  const listeners: ((seen: StepSeen) => void)[] = [];
  const tokenListeners: ((token: Token) => void)[] = [];
  let seq = 0;
  let highest = 0;
  let forgotAt = Number.NEGATIVE_INFINITY;
  const tick = (): number => ++seq;

  const stamped = (step: IssueStep | RefreshStep, reply: Issued | Refreshed): void => {
    const { session, stamp } = reply;
    const login = 'login' in reply ? reply.login : (session?.login ?? 0);
    highest = Math.max(highest, stamp);
    stamps.push({
      seq: tick(),
      at: now(),
      begunAt: (step.begun as { begunAt?: number } | undefined)?.begunAt ?? 0,
      session: session?.id,
      subject: session?.subject ?? (step as IssueStep).subject,
      stamp,
      login,
      call: callOf(step),
      endsMs:
        session === undefined
          ? Number.POSITIVE_INFINITY
          : Math.min(session.expires, session.used + session.idleMs),
    });
  };
  const revoked = (step: RevokeStep, reply: Revoked, server: Server): void => {
    const place = placeOf(reply.cursor);
    highest = Math.max(highest, ...reply.wrote.flatMap(({ a, r, s }) => [a, r, s]).filter(endsOnce));
    const revoke: Revoke = {
      id: revokes.length + 1,
      seq: tick(),
      at: now(),
      cuts: [...step.orders.flatMap(cutsOfOrder), ...othersOf(step, reply)],
      cursor: reply.cursor,
      owner: place?.owner ?? '',
      number: place?.number ?? 0,
      cutoff: reply.cutoff,
      wrote: reply.wrote,
      server,
      caller: step.caller,
      clock: server.machine.clock.wall(),
      returnedSeq: undefined,
      returnedAt: undefined,
      settledSeq: undefined,
      facts: undefined,
      isLost: false,
      heardBy: new Set(),
    };
    revokes.push(revoke);
    revokeOf.set(reply, revoke);
  };
  return {
    stamps,
    tokens,
    revokes,
    takeovers,
    get seq() {
      return seq;
    },
    tick,
    beforeStep(server, _, step) {
      const { ledger, sessions } = server.held.tables;
      const id = (step as { session?: unknown }).session;
      const session = typeof id === 'string' ? sessions.get(id) : undefined;
      return { session, owner: ledger.owner, server: ledger.server };
    },
    step(seen) {
      const { kind, step, reply, server } = seen;
      if (!('refused' in reply)) {
        if (kind === 'revoke') revoked(step as RevokeStep, reply as Revoked, server);
        else stamped(step as IssueStep, reply as Issued);
      }
      const wrote = (reply as Refused).wrote ?? [];
      if (kind !== 'revoke' && wrote.length > 0) ended(wrote, server);
      for (const listener of listeners) listener(seen);
    },
    tookOver: known => void takeovers.push({ seq: tick(), highest: known ?? highest }),
    forgotLast() {
      forgotAt = seq;
    },
    get forgotAt() {
      return forgotAt;
    },
    token(access, refresh) {
      const token = tokenOf(tokens.length + 1, access, refresh, stamps);
      tokens.push(token);
      for (const listener of tokenListeners) listener(token);
      return token;
    },
    numbered(reply) {
      const id = revokeOf.get(reply)?.id ?? 0;
      return { ...reply, cutoff: id, ended: id };
    },
    returned(id, facts) {
      const revoke = revokes[id - 1];
      if (revoke === undefined) return undefined;
      revoke.returnedSeq = tick();
      revoke.returnedAt = now();
      revoke.facts = facts;
      return revoke;
    },
    covering(token) {
      const known = coveringOf.get(token) ?? { looked: 0, found: [] };
      coveringOf.set(token, known);
      for (; known.looked < revokes.length; known.looked++) {
        const revoke = revokes[known.looked] as Revoke;
        if (revoke.cuts.some(cut => covers(cut, token) && !isUnknownChild(cut, revoke, token)))
          known.found.push(revoke);
      }
      return known.found;
    },
    reported: (name, skewMs) => void reports.set(name, { at: now(), skewMs }),
    reports,
    lostSession: id => void lost.set(id, lost.get(id) ?? tick()),
    hasLost: id => lost.has(id),
    onStep: listener => void listeners.push(listener),
    onToken: listener => void tokenListeners.push(listener),
  };

  /**
   * A session takes the children along that its store knows of. One whose row a failover lost is none of them: it is
   * not refreshed, and its access tokens, which name their own session alone, live on until their end.
   */
  function isUnknownChild({ aim }: Cut, revoke: Revoke, token: Token): boolean {
    if (aim.kind !== 'session' || aim.session === token.session) return false;
    return (lost.get(token.session ?? '') ?? Number.POSITIVE_INFINITY) < revoke.seq;
  }

  /** Families that a step ended by itself: two held one, or a user had too many. */
  function ended(wrote: readonly CutEntry[], server: Server): void {
    const { owner } = server.held.tables.ledger;
    revokes.push({
      id: revokes.length + 1,
      seq: tick(),
      at: now(),
      cuts: wrote.map(({ scope }) => ({ aim: { kind: 'session', session: scope.slice(2) }, plane: 's' })),
      cursor: '',
      owner,
      number: Math.max(...wrote.map(entry => entry.number)),
      cutoff: Number.MAX_SAFE_INTEGER,
      wrote,
      server,
      caller: 0,
      clock: 0,
      returnedSeq: undefined,
      returnedAt: undefined,
      settledSeq: undefined,
      facts: undefined,
      isLost: false,
      heardBy: new Set(),
    });
  }
}

const endsOnce = (cut: number): boolean => cut < Number.MAX_SAFE_INTEGER;

/** Does this cut concern this access token? Told apart from the code under test. */
export function covers({ aim, plane }: Cut, token: Token): boolean {
  return plane !== 'r' && concerns(aim, token);
}

export function concerns(aim: Aim, token: Omit<Token, 'id'>): boolean {
  switch (aim.kind) {
    case 'everyone':
      return true;
    case 'tenant':
      return aim.tenant === token.tenant;
    case 'client':
      return aim.client === token.client;
    case 'user':
      return aim.tenant === token.tenant && aim.subject === token.subject;
    case 'session':
      return aim.session === token.session || aim.session === token.parent;
    case 'token':
      return aim.jti === token.jti;
    case 'key':
      return aim.kid === token.kid;
  }
}

type Order = RevokeStep['orders'][number];

function cutsOfOrder(order: Order): Cut[] {
  if (order.kind === 'others') return [];
  if (order.kind === 'session')
    return [{ aim: { kind: 'session', session: order.session }, plane: order.plane }];
  return [{ aim: aimOf(order.scope), plane: order.plane }];
}

/** "All others": what was written names the sessions; the user's access tokens go with them. */
function othersOf(step: RevokeStep, reply: Revoked): Cut[] {
  if (!step.orders.some(order => order.kind === 'others')) return [];
  return reply.wrote.map(({ scope }) => ({
    aim: aimOf(scope),
    plane: scope.startsWith('s:') ? ('s' as const) : ('a' as const),
  }));
}

export function aimOf(scope: string): Aim {
  const name = scope.slice(2);
  switch (scope[0]) {
    case 'g':
      return { kind: 'everyone' };
    case 't':
      return { kind: 'tenant', tenant: plain(name) };
    case 'c':
      return { kind: 'client', client: name };
    case 's':
      return { kind: 'session', session: name };
    case 'j':
      return { kind: 'token', jti: name };
    case 'k':
      return { kind: 'key', kid: name };
    default: {
      const colon = name.indexOf(':');
      return { kind: 'user', tenant: plain(name.slice(0, colon)), subject: name.slice(colon + 1) };
    }
  }
}

const plain = (tenant: string): string => tenant.replaceAll('%3A', ':').replaceAll('%25', '%');

function tokenOf(id: number, access: string, refresh: string | undefined, stamps: readonly Stamped[]): Token {
  const [header = '', payload = ''] = access.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const stamped = stamps.findLast(each => each.call === claims.call && each.stamp === claims.modified_at);
  return {
    id,
    access,
    refresh,
    kid,
    tenant: claims.tid ?? '',
    subject: claims.sub,
    client: claims.client_id ?? '',
    session: claims.sid,
    parent: claims.parent,
    stamp: claims.modified_at,
    login: claims.refresh_modified_at,
    jti: claims.jti,
    iatMs: claims.iat * 1000,
    expMs: claims.exp * 1000,
    facts: claims.facts ?? 0,
    begunAt: stamped?.begunAt ?? 0,
    steppedAt: stamped?.seq ?? 0,
    endsMs: stamped?.endsMs ?? Number.POSITIVE_INFINITY,
  };
}

/** Claims carry the number of the call that they were made for. */
export function callOf(step: IssueStep | RefreshStep): number {
  const claims = (step as RefreshStep).claims ?? (step as IssueStep).session?.claims;
  return (claims as { call?: number } | undefined)?.call ?? 0;
}
