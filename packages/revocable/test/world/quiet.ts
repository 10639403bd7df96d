/** What must hold when all is well again: of the store's bytes, of what it kept, and of what every replica holds. */

import { say, sayCut } from './invariants.ts';
import { EPOCH } from './machine.ts';
import { aimOf, concerns, type Token } from './oracle.ts';
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

/** A verifier of access tokens holds what one lifetime brings, twice where it began anew, and keys. */
const holdsLittle: Judge = ({ world }) => {
  if (world.areClocksApart) return undefined;
  const window = 2 * (world.settings.accessS * 1000 + 2000 + LEEWAY_MS) + 10_000;
  const recent = new Set<string>();
  for (const { at, wrote } of world.oracle.revokes)
    for (const { scope } of wrote)
      if (at > world.queue.now - window || scope.startsWith('k:')) recent.add(scope);
  for (const node of world.verifiers) {
    if (node.settings.hold !== 'access' || node.hasSlept || node.hasStepped) continue;
    if (node.replica.size > 2 * recent.size)
      return `${node.name} holds ${node.replica.size} cuts, and its last lifetime brought ${recent.size} scopes`;
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
  [12, judgesByEach],
  [17, holdsLittle],
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
