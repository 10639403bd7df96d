/** One run of a world: its people, the facts that they look at, the acts in turn, and the quiet at the end. */

import type { Session } from '#sessions/index';
import type { RefreshStep } from '#store';
import { lookAtTheEdge, play, resume } from './acts.ts';
import type { Browser } from './browser.ts';
import type { Outcome } from './calls.ts';
import { checkEverything, judgeRefusal } from './ending.ts';
import { hasApplied, ON_CONNECTION, ON_STEP, ON_TOKEN, type Violation } from './invariants.ts';
import { createMachine, type Machine } from './machine.ts';
import { callOf, type Revoke, type StepSeen } from './oracle.ts';
import type { Plan } from './plan.ts';
import { createRotationJudge } from './rotation-judge.ts';
import { createWorld, type World } from './world.ts';

type User = { readonly tenant: string; readonly subject: string };

/** What a caller is told holds the number of its revocation in one of these. */
interface Told {
  readonly cutoff?: number;
  readonly ended?: number;
}

export interface Stage {
  readonly world: World;
  readonly browsers: Browser[];
  readonly stolen: { readonly browser: Browser; refresh: string }[];
  readonly admin: Machine;
  readonly thief: Machine;
  readonly sent: Map<number, { readonly browser: Browser; readonly at: number }>;
  readonly violations: Violation[];
  machines: number;
  isHealed: boolean;
  newCall(): number;
  readFacts(user: User): Promise<number>;
  changeFacts(user: User): number;
  claimsFor(user: User, call: number): (session: Session) => Promise<Record<string, unknown>>;
  /**
   * Whether a verifier that still counts itself fresh told the store so by a clock that has been stepped since, by more than
   * it may: then the store takes it for one that has long gone.
   */
  misdatesReports(): boolean;
  /** A leg that began then has ended now. */
  leg(browser: Browser, began: number): void;
  judge(invariant: number, text: string | undefined): void;
  /** Does it, and notes that its caller was told: of a revocation that followed this version of the facts. */
  revoking<T extends Told>(work: () => Promise<T>, facts?: number): Promise<T>;
  refusedRefresh(browser: Browser, code: string): void;
  refusedLogin(outcome: Outcome<unknown>): void;
  /** Later, unless all is well again by then. */
  whileIll(delayMs: number, work: () => void): void;
  /** While it runs, no step may touch the session. */
  forbidden<T>(session: string, work: () => Promise<T>): Promise<T>;
  restartStore(lost: number): void;
  failOver(lost: number, keep: number): void;
}

export interface Result {
  readonly violation: Violation | undefined;
  /** All that came to light in the same moment. */
  readonly violations: readonly Violation[];
  readonly traceHash: number;
  readonly lines: readonly string[];
  readonly coverage: ReadonlyMap<string, number>;
  /** Ends of steps that came shortly after a fault. */
  readonly pairs: readonly string[];
  readonly events: number;
}

/** Ended by the first violation. */
class Broken extends Error {}

export async function run(
  seed: number,
  plan: Plan,
  options: { readonly calm?: ReadonlySet<string>; readonly keepsLines?: boolean } = {},
): Promise<Result> {
  const world = createWorld(seed, plan.settings, options);
  const stage = createStage(world);
  const { queue } = world;
  const judgeEvents = (): void => {
    for (const connection of world.connections)
      if (connection.isOpen)
        for (const [invariant, judge] of ON_CONNECTION) stage.judge(invariant, judge(world, connection));
    if (stage.violations.length > 0) throw new Broken();
  };
  try {
    for (const act of plan.acts) {
      await queue.runUntil(queue.now + act.gapMs, judgeEvents);
      play(stage, act);
      judgeEvents();
    }
    heal(stage);
    await queue.runUntil(queue.now + quietMs(world), judgeEvents);
    await checkEverything(stage, judgeEvents);
  } catch (error) {
    if (!(error instanceof Broken)) stage.judge(0, (error as Error).stack ?? String(error));
  }
  stop(world);
  return {
    violation: stage.violations[0],
    violations: stage.violations,
    traceHash: world.traceHash,
    lines: world.lines,
    coverage: world.coverage,
    pairs: world.pairs(),
    events: queue.taken,
  };
}

/** How far a clock that stays within its bounds may be stepped. */
const MOST_STEP_MS = 2000;

/** Reconnecting, starting again and three probes; over HTTP a client that failed often waits five seconds before it tries again. */
const QUIET_MS = 4000;
const QUIET_OVER_HTTP_MS = 12_000;

const quietMs = ({ verifiers }: World): number =>
  verifiers.some(({ settings }) => settings.road === 'http') ? QUIET_OVER_HTTP_MS : QUIET_MS;

/** All faults are over: machines run, clocks are right, messages arrive. */
function heal(stage: Stage): void {
  const { world } = stage;
  world.note('all faults are healed');
  stage.isHealed = true;
  world.network.heal();
  world.cluster.demote();
  for (const { machine } of world.cluster.servers) machine.start();
  for (const { machine } of [...world.cluster.servers, ...world.authorities, ...world.verifiers]) {
    machine.step(0);
    resume(stage, machine);
  }
  for (const node of world.authorities) if (node.machine.state === 'down') world.startAuthority(node);
  for (const node of world.verifiers) if (node.machine.state === 'down') world.startVerifier(node);
}

function stop(world: World): void {
  for (const { machine } of [...world.authorities, ...world.verifiers, ...world.cluster.servers])
    machine.crash();
}

function createStage(world: World): Stage {
  const { queue, oracle, cluster } = world;
  const facts = new Map<string, number>();
  const keyOf = ({ tenant, subject }: User): string => JSON.stringify([tenant, subject]);
  const rotation = createRotationJudge(world);
  const forbiddenSessions: string[] = [];
  let calls = 0;
  const stage: Stage = {
    world,
    browsers: [],
    stolen: [],
    admin: createMachine('admin', queue),
    thief: createMachine('thief', queue),
    sent: new Map(),
    violations: [],
    machines: 0,
    isHealed: false,
    newCall: () => ++calls,
    /** They are read now, and come a little later. */
    readFacts: user =>
      new Promise(resolve => {
        const version = facts.get(keyOf(user)) ?? 0;
        const late = [0, 3, 30, 150, 500][calls % 5] ?? 0;
        queue.at(queue.now + late, () => resolve(version));
      }),
    changeFacts(user) {
      const version = (facts.get(keyOf(user)) ?? 0) + 1;
      facts.set(keyOf(user), version);
      return version;
    },
    claimsFor: (user, call) => async session => ({
      call,
      facts: await stage.readFacts(user),
      ...(session.parentId && { parent: session.parentId }),
    }),
    misdatesReports() {
      const { skewMs } = cluster.primary.machine;
      const since = queue.now - world.settings.maxStalenessMs;
      return [...oracle.reports.values()].some(
        each => each.at >= since && Math.abs(skewMs - each.skewMs) > MOST_STEP_MS,
      );
    },
    leg(browser, began) {
      if (queue.now - began > (world.settings.graceS * 1000) / 2) browser.wasSlow = true;
    },
    judge(invariant, text) {
      if (text === undefined) return;
      world.note(`INVARIANT ${invariant}: ${text}`);
      stage.violations.push({ invariant, text });
    },
    async revoking(work, version) {
      const result = await work();
      const revoke = oracle.returned(result.cutoff ?? result.ended ?? 0, version);
      if (revoke === undefined) return result;
      durable(revoke.server, revoke.number);
      if (world.settings.looksAtTheEdge) lookAtTheEdge(stage, revoke);
      return result;
    },
    refusedRefresh: (browser, code) => judgeRefusal(stage, browser, code),
    refusedLogin() {},
    whileIll: (delayMs, work) => void queue.at(queue.now + delayMs, () => !stage.isHealed && work()),
    async forbidden(session, work) {
      forbiddenSessions.push(session);
      try {
        return await work();
      } finally {
        forbiddenSessions.splice(forbiddenSessions.indexOf(session), 1);
      }
    },
    restartStore(lost) {
      const server = cluster.primary;
      world.fault('store restarted');
      forget(server, losable(server, lost), versions => cluster.restart(server, versions));
    },
    failOver(lost, keep) {
      const server = cluster.primary;
      world.fault('store failed over');
      cluster.demote();
      forget(server, losable(server, lost), versions =>
        cluster.failOver(versions, client => (hashOf(client) + keep) % 3 === 0),
      );
    },
  };
  const durableOf = new Map<object, number>();
  const durable = (server: object, number: number): void =>
    void durableOf.set(server, Math.max(number, durableOf.get(server) ?? 0));

  oracle.onStep(seen => {
    for (const [invariant, judge] of ON_STEP) stage.judge(invariant, judge(world, seen));
    if (seen.kind === 'refresh') judgeRefresh(seen);
  });
  oracle.onToken(token => {
    for (const [invariant, judge] of ON_TOKEN) stage.judge(invariant, judge(world, token));
  });
  return stage;

  function judgeRefresh(seen: StepSeen): void {
    const step = seen.step as RefreshStep;
    const sent = stage.sent.get(callOf(step));
    if (sent !== undefined) stage.leg(sent.browser, sent.at);
    for (const { invariant, text } of rotation.judge(seen)) stage.judge(invariant, text);
  }

  /**
   * What was told to have been kept is not lost; nor is a takeover, for it waits for the replicas: it gives stamps ahead
   * of every clock, and a second one a moment later on a server whose clock is behind would give lower ones.
   */
  function losable(server: World['cluster']['primary'], lost: number): number {
    const { versions } = server;
    const { owner } = server.held.tables.ledger;
    const kept = durableOf.get(server) ?? 0;
    const from = versions.findIndex(
      ({ tables: { ledger }, declared }) =>
        ledger.head >= kept && ledger.owner === owner && declared !== undefined,
    );
    const most = from < 0 ? 0 : versions.length - 1 - from;
    return lost % 2 === 0 ? 0 : Math.min(most, lost % 7);
  }

  function loseRevoke(revoke: Revoke): void {
    for (const node of world.verifiers) if (hasApplied(node, revoke)) revoke.heardBy.add(node.heard);
    revoke.isLost = true;
  }

  function forget(server: World['cluster']['primary'], lost: number, lose: (versions: number) => void): void {
    const before = server.held.tables;
    const { owner, head } = before.ledger;
    const sessions = [...before.sessions.keys()];
    lose(lost);
    const after = cluster.primary.held.tables;
    for (const id of sessions) if (!after.sessions.has(id)) oracle.lostSession(id);
    for (const each of oracle.revokes)
      if (each.owner === owner && each.number > after.ledger.head && each.number <= head) loseRevoke(each);
    durableOf.set(cluster.primary, after.ledger.head);
    world.note(`the store lost ${lost} writes`);
    if (lost > 0) world.fault('tail lost');
  }
}

const hashOf = (name: string): number => [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0);
