/** What must hold when all is well again: of the store's bytes, of what it kept, and of what every replica holds. */

import { createCutoffTable } from '#revocation/cutoff-table';
import { type CutEntry, INFINITE } from '#revocation/index';
import { isClear, type Standing } from '#revocation/standing';
import { say, sayCut } from './invariants.ts';
import { EPOCH } from './machine.ts';
import { aimOf, concerns, type Token } from './oracle.ts';
import { type Chance, createChance } from './random.ts';
import type { Stage } from './stage.ts';
import type { VerifierNode } from './world.ts';

type Judge = (stage: Stage) => string | undefined;

/** What a store writes is heard within a probe interval. */
const UNDER_WAY_MS = 1000;
const LEEWAY_MS = 65_000;
const PLANES = ['a', 'r', 's'] as const;

/** Who stands at the end of the log holds all that it says. */
const holdsTheLog: Judge = ({ world }) => {
  const { cuts, ledger } = world.cluster.primary.held.tables;
  const now = EPOCH + world.queue.now;
  for (const node of readyHealers(world.verifiers)) {
    if ((node.heard.get(ledger.owner) ?? -1) < ledger.head) continue;
    const held = joined(node.replica.entries());
    for (const entry of cuts.values()) {
      const has = held.get(entry.scope);
      if (entry.expires > now && !PLANES.every(plane => (has?.[plane] ?? 0) >= entry[plane]))
        return `${node.name} has applied all of the log, and not all of ${entry.scope}`;
    }
  }
  return undefined;
};

/** A token is refused if and only if one of the cuts that are held refuses it by itself, in whatever order they came. */
const judgesByEach: Judge = ({ world }) => {
  const now = EPOCH + world.queue.now;
  for (const node of readyHealers(world.verifiers))
    for (const token of world.oracle.tokens.filter(each => each.expMs > now)) {
      const { ok, code } = verdictOf(node, token);
      if (!ok && code !== 'ERR_TOKEN_REVOKED') continue;
      const single = node.replica
        .entries()
        .find(({ scope, a, s }) => isOwn(scope, token) && (token.login < s || token.stamp < a));
      if ((single === undefined) !== ok)
        return `${node.name} says ${code} of ${say(token)}; cut by cut it is ${single?.scope ?? 'no scope'} that refuses it`;
    }
  return undefined;
};

/**
 * The same of a table that was handed all of it in another order, twice, and what it was before; and of stamps at the very edge
 * of each cut.
 */
const anyOrder: Judge = ({ world }) => {
  for (const node of readyHealers(world.verifiers)) {
    const chance = createChance(world.seed, node.name);
    const entries = node.replica.entries();
    const table = createCutoffTable(chance);
    for (const entry of shuffled([...entries, ...entries, ...entries.map(earlier)], chance))
      table.put({ ...entry, arrived: 0, end: INFINITE });
    for (const token of world.oracle.tokens.slice(-LOOKED_AT).flatMap(each => atTheEdges(each, entries))) {
      const single = entries.find(
        ({ scope, a, s }) => isOwn(scope, token) && (token.login < s || token.stamp < a),
      );
      if (isClear(standingOf(token), table) === (single === undefined)) continue;
      return `in another order the cuts of ${node.name} ${single ? 'do not refuse' : 'refuse'} a token with the stamp ${token.stamp - EPOCH} and the login ${token.login - EPOCH} of the scopes of ${say(token)}; one by one it is ${single?.scope ?? 'no scope'}`;
    }
  }
  return undefined;
};

const LOOKED_AT = 20;

/** What may have been said of the scope before. */
function earlier(entry: CutEntry): CutEntry {
  const lower = (cut: number): number => (cut === INFINITE ? EPOCH : Math.max(0, cut - 1));
  return { ...entry, a: lower(entry.a), r: lower(entry.r), s: lower(entry.s) };
}

function atTheEdges(token: Token, entries: readonly CutEntry[]): Token[] {
  const edges = entries
    .filter(({ scope }) => isOwn(scope, token))
    .flatMap(({ a, s }) => [a - 1, a, s - 1, s])
    .filter(stamp => stamp > 0 && stamp < INFINITE - 1);
  return [
    token,
    ...edges.flatMap(edge => [
      { ...token, stamp: Math.max(edge, token.login) },
      { ...token, stamp: Math.max(edge, token.stamp), login: edge },
    ]),
  ];
}

const standingOf = (token: Token): Standing => ({
  kind: 'access',
  kid: token.kid,
  thumbprint: undefined,
  tenant: token.tenant || undefined,
  subject: token.subject,
  client: token.client || undefined,
  session: token.session,
  token: token.jti,
  modifiedAt: token.stamp,
  refreshModifiedAt: token.login,
});

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const left = [...items];
  return items.map(() => left.splice(chance.below(left.length), 1)[0] as T);
}

/** What an entry names as its end is what its authority wrote: giving it back makes no cut live longer. */
const endsAsWritten: Judge = ({ world }) => {
  const ends = new Map<string, number>();
  for (const { scope, expires } of world.oracle.revokes.flatMap(({ wrote }) => wrote))
    ends.set(scope, Math.max(expires, ends.get(scope) ?? 0));
  for (const { scope, expires } of world.cluster.primary.held.tables.cuts.values()) {
    const end = ends.get(scope);
    if (end !== undefined && expires > end)
      return `the cut of ${scope} ends ${expires - end} ms later than any authority wrote`;
  }
  return undefined;
};

/** One access lifetime, what clocks may differ by, and the leeway; then a look each second, and what a takeover sets ahead. */
const holdsForMs = (accessS: number): number => accessS * 1000 + LEEWAY_MS + 15_000;

const DISTURBING = ['crash authority', 'act age', 'act leap', 'act restartVerifier', 'act join'];

/** A verifier of access tokens that has run for longer holds what one lifetime brings, and keys. */
const holdsLittle: Judge = ({ world }) => {
  // What was loaded anew, or proved late by another authority, stays for one more lifetime.
  const windowMs = holdsForMs(world.settings.accessS);
  const isDisturbed =
    world.areClocksApart ||
    world.oracle.takeovers.length > 1 ||
    DISTURBING.some(what => world.coverage.has(what));
  if (isDisturbed || windowMs > world.queue.now) return undefined;
  const since = world.queue.now - windowMs;
  const written = world.oracle.revokes.flatMap(({ at, wrote }) => wrote.map(entry => ({ ...entry, on: at })));
  const lately = new Set(written.filter(({ on }) => on > since).map(({ scope }) => scope));
  let most = 0;
  for (const [scope, { a, s }] of joined(written))
    if (lately.has(scope) || scope.startsWith('k:')) most += Number(a > 0) + Number(s > 0);
  for (const node of world.verifiers) {
    if (node.settings.hold !== 'access' || node.hasSlept || node.hasStepped) continue;
    world.cover('held for longer than a lifetime');
    if (node.replica.size > most)
      return `${node.name} holds ${node.replica.size} cuts, and the last ${windowMs / 1000} s brought ${most}`;
  }
  return undefined;
};

/** No cut stands in the store that no authority wrote. */
const nobodyElseWrote: Judge = ({ world }) => {
  const written = joined(world.oracle.revokes.flatMap(({ wrote }) => wrote));
  for (const entry of world.cluster.primary.held.tables.cuts.values()) {
    const ours = written.get(entry.scope);
    if (!PLANES.every(plane => entry[plane] <= (ours?.[plane] ?? 0)))
      return `the store holds a cut of ${entry.scope} that no authority wrote`;
  }
  return undefined;
};

/** What a caller was told is kept is there. */
const returnedIsKept: Judge = ({ world }) => {
  const { cuts } = world.cluster.primary.held.tables;
  const now = EPOCH + world.queue.now;
  const gone = world.oracle.revokes.find(
    ({ returnedAt, isLost, at, wrote }) =>
      returnedAt !== undefined &&
      !isLost &&
      at + UNDER_WAY_MS < world.queue.now &&
      wrote.some(
        entry => entry.expires > now && !PLANES.every(p => (cuts.get(entry.scope)?.[p] ?? 0) >= entry[p]),
      ),
  );
  return gone && `${sayCut(gone)} had returned, and its store has it no more`;
};

/** The bytes of the store hold nothing that could be presented, nor what signs it. */
const makesNoToken: Judge = stage => {
  const { tables, shelf } = stage.world.cluster.primary.held;
  const bytes = JSON.stringify([[...tables.sessions.values()], [...tables.cuts.values()], shelf]);
  const told = stage.browsers.find(({ refresh }) => bytes.includes(refresh.split('.').at(-1) ?? refresh));
  return told && `the store holds the proof of the refresh token of ${told.machine.name}`;
};

export const ON_QUIET: ReadonlyMap<number, Judge> = new Map([
  [6, holdsTheLog],
  [12, stage => judgesByEach(stage) ?? anyOrder(stage)],
  [17, stage => endsAsWritten(stage) ?? holdsLittle(stage)],
  [23, nobodyElseWrote],
  [28, returnedIsKept],
  [31, makesNoToken],
]);

const readyHealers = (nodes: readonly VerifierNode[]): VerifierNode[] =>
  nodes.filter(node => node.settings.hold === 'all' && node.isReady && node.machine.state === 'up');

function verdictOf(
  { verifier }: VerifierNode,
  token: Token,
): { readonly ok: boolean; readonly code: string } {
  const checked = verifier.check(token.access);
  return { ok: checked.ok, code: checked.ok ? 'ok' : checked.code };
}

/** A verifier knows a token's own session alone; of its parent's end it hears as that of each child. */
function isOwn(scope: string, token: Token): boolean {
  const aim = aimOf(scope);
  return aim.kind === 'session' ? aim.session === token.session : concerns(aim, token);
}

interface Cuts {
  readonly a: number;
  readonly r: number;
  readonly s: number;
}

function joined(entries: readonly (Cuts & { readonly scope: string })[]): Map<string, Cuts> {
  const all = new Map<string, Cuts>();
  for (const { scope, a, r, s } of entries) {
    const known = all.get(scope) ?? { a: 0, r: 0, s: 0 };
    all.set(scope, { a: Math.max(a, known.a), r: Math.max(r, known.r), s: Math.max(s, known.s) });
  }
  return all;
}
