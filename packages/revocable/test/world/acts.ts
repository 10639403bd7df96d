/** What people, machines and misfortune do: one function an act, its numbers drawn before. */

import type { TokenPair } from '#authority/issuer';
import type { Target } from '#authority/target';
import { type Browser, createBrowser, refreshOnce } from './browser.ts';
import { call } from './calls.ts';
import { createFeedClient } from './feed-client.ts';
import { type CheckSeen, ON_CHECK, say } from './invariants.ts';
import { createMachine, EPOCH, type Machine } from './machine.ts';
import { covers, type Revoke, type Token } from './oracle.ts';
import type { Act, ActName } from './plan.ts';
import type { Stage } from './stage.ts';
import { type AuthorityNode, keysOf, type VerifierNode } from './world.ts';

/** Names that look alike when they are put together carelessly. */
interface User {
  readonly tenant: string;
  readonly subject: string;
}
export const USERS: readonly User[] = [
  { tenant: '', subject: 'ann' },
  { tenant: 'a', subject: 'ann' },
  { tenant: 'a', subject: 'b:c' },
  { tenant: 'a:b', subject: 'c' },
  { tenant: 'a%3Ab', subject: 'c' },
];
export const CLIENTS = ['', 'app'] as const;

type Play = (stage: Stage, numbers: readonly number[]) => void;

const at = <T>(list: readonly T[], number: number | undefined): T | undefined =>
  list.length === 0 ? undefined : list[(number ?? 0) % list.length];

const authorityAt = (stage: Stage, number: number | undefined): AuthorityNode =>
  at(stage.world.authorities, number) as AuthorityNode;

/** Of the newest few: what is old is mostly over. */
const recent = <T>(list: readonly T[], number: number | undefined): T | undefined =>
  at(list.slice(-6), number);

export const PLAYS: Readonly<Record<ActName, Play>> = {
  wait: () => {},
  login: (stage, [who, client, where]) => void login(stage, who, client, where, {}),
  alone: (stage, [who, client, where]) => void login(stage, who, client, where, { refresh: false }),
  child: (stage, [who, client, where]) => {
    const parent = recent(stage.browsers, who);
    if (parent !== undefined)
      void login(stage, parent.user, client, where, { parent: parent.session }, parent.root);
  },
  refresh: (stage, [which, tab, where]) => {
    const browser = recent(stage.browsers, which);
    if (browser === undefined) return;
    const isLost = (tab ?? 0) % 8 === 7;
    const again = (): void => void refreshOnce(stage, browser, authorityAt(stage, where), 0);
    void refreshOnce(stage, browser, authorityAt(stage, where), (tab ?? 0) % 3, isLost);
    // It never saw the answer, and comes again with the same token once the grace is over.
    if (isLost) stage.world.queue.at(stage.world.queue.now + stage.world.settings.graceS * 1000 + 700, again);
  },
  check: (stage, [count]) => checkRecent(stage, 2 + ((count ?? 0) % 4)),
  revoke: (stage, numbers) => void revoke(stage, numbers),
  change: (stage, [who, plane, where]) => void change(stage, who ?? 0, (plane ?? 0) % 3 === 0, where),
  settle: (stage, [which, where]) => void settle(stage, which, where),
  watch: (stage, [which, where]) => {
    const token = recent(stage.world.oracle.tokens, which);
    const node = at(stage.world.verifiers, where);
    if (token !== undefined && node !== undefined) node.machine.run(() => watch(stage, token, node));
  },
  burst: (stage, numbers) => burst(stage, numbers),
  steal: (stage, [which]) => {
    const browser = recent(stage.browsers, which);
    if (browser === undefined) return;
    stage.stolen.push({ browser, refresh: browser.refresh });
    stage.world.note(`a thief has the token of ${browser.machine.name}`);
  },
  thief: (stage, [which, where]) => {
    const loot = recent(stage.stolen, which);
    if (loot !== undefined) void theft(stage, loot, authorityAt(stage, where));
  },
  misuse: (stage, numbers) => void misuse(stage, numbers),
  endOthers: (stage, [which, where]) => {
    const browser = recent(stage.browsers, which);
    if (browser === undefined) return;
    void call(stage.world, stage.admin, authorityAt(stage, where), 'endOthers', authority =>
      stage.revoking(() => authority.sessions.endOthers(browser.session)),
    );
  },
  cutKey: (stage, [, where]) => {
    const set = keysOf(stage.world);
    if (set.keys.length < 2) return;
    const kid = set.keys.at(-1)?.kid ?? '';
    void revokeTarget(stage, { key: kid }, 'session', where, undefined);
  },
  introspect: (stage, [which, where]) => {
    const token = recent(stage.world.oracle.tokens, which);
    if (token !== undefined) void introspect(stage, token, authorityAt(stage, where));
  },
  again: (stage, [who, where]) => void revokeAgain(stage, who ?? 0, where),
  join: (stage, [kind]) => {
    if (stage.world.verifiers.length >= 4) return;
    const whenStale = (kind ?? 0) % 3 === 0 ? 'allow' : 'reject';
    stage.world.addVerifier({ whenStale, hold: (kind ?? 0) % 2 === 0 ? 'access' : 'all', toleranceS: 60 });
  },
  restartVerifier: (stage, [which, after]) => {
    const node = at(stage.world.verifiers, which);
    if (node === undefined) return;
    stop(stage, node);
    if ((after ?? 0) % 2 === 0) stage.world.startVerifier(node);
  },
  crashAuthority: (stage, [which, fuse]) => {
    const node = authorityAt(stage, which);
    if (node.machine.state === 'down') return stage.world.startAuthority(node);
    if ((fuse ?? 0) % 4 !== 0) return stage.world.network.fuse(node.machine, (fuse ?? 0) % 12);
    node.machine.crash();
    stage.world.fault('authority killed');
  },
  halt: (stage, [which]) => {
    const machine = machineAt(stage, which);
    if (machine !== undefined) halt(stage, machine, false);
  },
  suspend: (stage, [which]) => {
    const node = at(stage.world.verifiers, which);
    if (node === undefined) return;
    node.hasSlept = true;
    halt(stage, node.machine, true);
  },
  resume: (stage, [which]) => {
    const halted = machinesOf(stage).filter(machine => ['stopped', 'suspended'].includes(machine.state));
    resume(stage, at(halted, which));
    // Whoever waited for an answer gets it before any timer of the machine runs.
    checkRecent(stage, 3);
  },
  stepClock: (stage, [which, size]) => {
    const node = at(stage.world.verifiers, which);
    if (node === undefined) return;
    node.hasStepped = true;
    stage.world.fault('clock of a verifier');
    node.machine.step(at([3_600_000, -3_600_000, 1500, -1500, 40_000, -10_000, 0], size) ?? 0);
  },
  skewStore: (stage, [which, size]) => {
    const machine = at(clocksOf(stage), which);
    const skewMs = at([900, -900, 400, -400, 0, 0, 5000, -5000, 3_600_000, -3_600_000], size);
    if (machine !== undefined) stepClock(stage, machine, skewMs ?? 0);
  },
  part: (stage, [from, to, both]) => {
    const machines = machinesOf(stage);
    const [x, y] = [at(machines, from), at(stage.world.cluster.servers, to)?.machine];
    if (x === undefined || y === undefined) return;
    stage.world.network.part(x, y);
    if ((both ?? 0) % 2 === 0) stage.world.network.part(y, x);
  },
  hold: (stage, [to]) => {
    const node = at(stage.world.verifiers, to);
    if (node === undefined) return;
    stage.world.network.hold(sourceOf(stage, node), node.machine);
    stage.world.fault('link held');
  },
  release: stage => stage.world.network.release(),
  age: (stage, numbers) => age(stage, numbers),
  restartStore: (stage, [lost]) => stage.restartStore(lost ?? 0),
  failOver: (stage, [lost, keep]) => stage.failOver(lost ?? 0, keep ?? 0),
  demote: stage => stage.world.cluster.demote(),
  forge: (stage, numbers) => void forge(stage, numbers),
  mute: (stage, [to]) => {
    const node = at(stage.world.verifiers, to);
    if (node === undefined) return;
    stage.world.network.mute(sourceOf(stage, node), node.machine);
    stage.world.fault('stream muted');
  },
  behind: (stage, numbers) => behind(stage, numbers),
  flip: (stage, [which, way]) => {
    const machine = at(clocksOf(stage), which);
    if (machine !== undefined) stepClock(stage, machine, (way ?? 0) % 2 === 0 ? 900 : -900);
  },
  handOver: (stage, numbers) => handOver(stage, numbers),
  leap: (stage, numbers) => leap(stage, numbers),
  forget: (stage, numbers) => forget(stage, numbers),
  asleep: (stage, [which, suspend, long]) => {
    const node = at(stage.world.verifiers, which);
    if (node === undefined || node.machine.state !== 'up') return;
    node.hasSlept ||= (suspend ?? 0) % 4 === 0;
    halt(stage, node.machine, (suspend ?? 0) % 4 === 0);
    stage.whileIll(500 + (long ?? 0) * 8, () => PLAYS.resume(stage, [0]));
  },
  lostAnswer: (stage, [which, , where]) => {
    const browser = recent(stage.browsers, which);
    if (browser === undefined) return;
    const { queue, settings } = stage.world;
    const again = (): void => void refreshOnce(stage, browser, authorityAt(stage, where), 0);
    void refreshOnce(stage, browser, authorityAt(stage, where), 0, true);
    queue.at(queue.now + settings.graceS * 1000 + 700, again);
  },
};

function machinesOf({ world }: Stage): Machine[] {
  return [...world.verifiers, ...world.authorities, ...world.cluster.servers].map(each => each.machine);
}

/** Of the store and its authorities: those that must agree. */
const clocksOf = ({ world }: Stage): Machine[] =>
  [...world.cluster.servers, ...world.authorities].map(each => each.machine);

/** Where its stream comes from. */
const sourceOf = ({ world }: Stage, { settings, service }: VerifierNode): Machine =>
  settings.road === 'http' ? service.machine : world.cluster.primary.machine;

/** How far a clock may be from the true time: two of them are then no further apart than they may be. */
const BOUND_MS = 1000;

function stepClock({ world }: Stage, machine: Machine, skewMs: number): void {
  machine.step(skewMs);
  world.noteClocks();
  if (skewMs !== 0) world.fault(Math.abs(skewMs) > BOUND_MS ? 'clock out of bounds' : 'clock within bounds');
}

function halt({ world }: Stage, machine: Machine, suspend: boolean): void {
  machine.halt(suspend);
  world.fault(suspend ? 'suspended' : 'stopped');
}

const machineAt = (stage: Stage, which: number | undefined): Machine | undefined =>
  at(machinesOf(stage), which);

export function resume(stage: Stage, machine: Machine | undefined): void {
  const node = stage.world.verifiers.find(each => each.machine === machine);
  if (node !== undefined) node.upSince = stage.world.queue.now;
  machine?.resume();
}

/** The process ends, and its connections with it. */
function stop({ world }: Stage, node: VerifierNode): void {
  node.machine.crash();
  world.fault('verifier killed');
  node.isReady = false;
  for (const connection of world.connections) if (connection.node === node) connection.isOpen = false;
}

export function play(stage: Stage, act: Act): void {
  stage.world.note(`* ${act.name} ${act.numbers.join(' ')}`);
  stage.world.cover(`act ${act.name}`);
  PLAYS[act.name](stage, act.numbers);
}

type Wish = { readonly refresh?: false; readonly parent?: string };

/** Begin, look at the facts, issue. */
async function login(
  stage: Stage,
  who: number | User | undefined,
  client: number | undefined,
  where: number | undefined,
  wish: Wish,
  root?: string,
): Promise<void> {
  const { world } = stage;
  const user = typeof who === 'object' ? who : (at(USERS, who) as User);
  const app = at(CLIENTS, client) ?? '';
  const machine = createMachine(`browser-${++stage.machines}`, world.queue);
  const { tenant, subject } = user;
  const id = stage.newCall();
  const outcome = await call(world, machine, authorityAt(stage, where), 'login', async authority => {
    const begun = await authority.begin();
    const facts = await stage.readFacts(user);
    return authority.issue({
      subject,
      begun,
      ...(tenant && { tenant }),
      ...(app && { client: app }),
      ...wish,
      claims: { facts, call: id, ...(root && { parent: root }) },
    });
  });
  world.note(`login of ${subject} -> ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
  if (outcome.kind !== 'ok') return stage.refusedLogin(outcome);
  const pair = outcome.value as TokenPair;
  const token = world.oracle.token(pair.accessToken, pair.refreshToken);
  world.note(`it is ${say(token)}`);
  if (pair.sessionId === undefined) return;
  stage.browsers.push(createBrowser(machine, user, app, pair, root));
}

export function checkAt(stage: Stage, token: Token, node: VerifierNode, isQuiet: boolean): void {
  node.machine.run(() => {
    const checked = node.verifier.check(token.access);
    const detail = checked.ok ? '' : detailOf(checked.error);
    const seen: CheckSeen = {
      token,
      node,
      ok: checked.ok,
      code: checked.ok ? 'ok' : checked.code,
      detail,
      isQuiet,
    };
    stage.world.note(`check of ${say(token)} at ${node.name}: ${seen.code}`);
    stage.world.cover(`check ${seen.code}`);
    for (const [invariant, judge] of ON_CHECK) stage.judge(invariant, judge(stage.world, seen));
  });
}

function detailOf(error: object): string {
  const { scope, plane, claim } = error as { scope?: string; plane?: string; claim?: string };
  return [scope, plane, claim].filter(Boolean).join(' ');
}

function watch(stage: Stage, token: Token, node: VerifierNode): void {
  const checked = node.verifier.check(token.access);
  if (!checked.ok) return;
  const connection = { token, node, isOpen: true };
  try {
    node.replica.watch(checked, () => {
      connection.isOpen = false;
    });
    stage.world.connections.push(connection);
    stage.world.cover('watch');
  } catch {
    stage.world.cover('watch refused');
  }
}

const PLANES = ['session', 'access', 'refresh', 'session'] as const;

function revoke(stage: Stage, [kind = 0, which = 0, plane = 0, where = 0]: readonly number[]): Promise<void> {
  const target = targetOf(stage, kind % 10, which);
  const wanted = 'token' in target ? 'session' : (at(PLANES, plane) ?? 'session');
  return revokeTarget(stage, target, wanted, where, undefined);
}

function targetOf(stage: Stage, kind: number, which: number): Target {
  const user = at(USERS, which) as User;
  const browser = recent(stage.browsers, which);
  const token = recent(stage.world.oracle.tokens, which);
  if (kind === 0) return { everyone: true };
  if (kind === 1) return { tenant: user.tenant || 'a' };
  if (kind === 2) return { client: 'app' };
  if (kind <= 4 && browser !== undefined) return { session: browser.session };
  if (kind === 5 && token !== undefined) return { token: token.access };
  if (kind === 6 && browser !== undefined) return { token: browser.refresh };
  return user.tenant === '' ? { subject: user.subject } : { subject: user.subject, tenant: user.tenant };
}

async function revokeTarget(
  stage: Stage,
  target: Target,
  plane: 'access' | 'refresh' | 'session',
  where: number | undefined,
  facts: number | undefined,
): Promise<void> {
  const { world, admin } = stage;
  const outcome = await call(world, admin, authorityAt(stage, where), 'revoke', authority =>
    stage.revoking(() => authority.revoke(target, { plane }), facts),
  );
  world.note(
    `revoke ${JSON.stringify(target).slice(0, 40)} -> ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`,
  );
}

/** The fact first, then the cut. */
async function change(stage: Stage, who: number, both: boolean, where: number | undefined): Promise<void> {
  const user = at(USERS, who) as User;
  const facts = stage.changeFacts(user);
  const { tenant, subject } = user;
  const target = tenant === '' ? { subject } : { subject, tenant };
  await revokeTarget(stage, target, both ? 'session' : 'access', where, facts);
}

async function settle(stage: Stage, which: number | undefined, where: number | undefined): Promise<void> {
  const { world, admin } = stage;
  const done = world.oracle.revokes.filter(each => each.returnedAt !== undefined && !each.isLost);
  const revoked = recent(done, which);
  if (revoked === undefined) return;
  const outcome = await call(world, admin, authorityAt(stage, where), 'settled', authority =>
    authority.settled(revoked.cursor, { timeout: 1 }),
  );
  if (outcome.kind !== 'ok') return;
  world.cover(`settled ${outcome.value.missing.length === 0}`);
  world.note(`settled ${revoked.id}: missing ${outcome.value.missing.join(' ') || 'none'}`);
  if (outcome.value.missing.length > 0) return;
  if (stage.misdatesReports()) return world.cover('settled by a wrong date');
  revoked.settledSeq ??= world.oracle.tick();
  checkRecent(stage, 8);
}

/** Just after the greatest staleness that is allowed, and just before a verifier's tolerance ends. */
export function lookAtTheEdge(stage: Stage, revoke: Revoke): void {
  const { queue, oracle, settings, verifiers } = stage.world;
  const tokens = oracle.tokens.filter(
    token => token.begunAt < revoke.seq && revoke.cuts.some(cut => covers(cut, token)),
  );
  const look = (token: Token) => (): void => {
    for (const node of verifiers) checkAt(stage, token, node, false);
  };
  for (const token of tokens.slice(-3)) {
    for (const late of [20, 700, 1500]) queue.at(queue.now + settings.maxStalenessMs + late, look(token));
    queue.at(token.expMs - EPOCH + 30_000, look(token));
    queue.at(token.expMs - EPOCH + 59_000, look(token));
  }
}

/** The newest tokens at every verifier. */
function checkRecent(stage: Stage, count: number): void {
  for (const token of stage.world.oracle.tokens.slice(-count))
    for (const node of stage.world.verifiers) checkAt(stage, token, node, false);
}

/** Much in one moment: what a millisecond can hold. */
function burst(stage: Stage, [kind = 0, which = 0, where = 0, more = 0]: readonly number[]): void {
  const { world } = stage;
  const browser = recent(stage.browsers, which);
  const users = which % USERS.length;
  const order = kind % 5;
  if (world.settings.jumpy && more % 3 === 0)
    stepClock(stage, world.cluster.primary.machine, at([900, -900], where) ?? 0);
  if (order === 0 || browser === undefined) {
    void login(stage, users, where, where, {});
    void revoke(stage, [more % 2 === 0 ? 9 : more % 3, users, more % 4 === 1 ? 2 : 0, where]);
    void login(stage, users, where, more, {});
  } else if (order === 1) {
    for (let tab = 0; tab < 3; tab++) void refreshOnce(stage, browser, authorityAt(stage, where + tab), tab);
  } else if (order === 2) {
    void refreshOnce(stage, browser, authorityAt(stage, where), 0);
    void revoke(stage, [3, which, more, where]);
    void refreshOnce(stage, browser, authorityAt(stage, more), 1);
  } else {
    // Facts that change between the look at them and the step.
    const user = USERS.indexOf(browser.user);
    void login(stage, browser.user, where, where, {});
    void refreshOnce(stage, browser, authorityAt(stage, where), 0);
    world.queue.at(
      world.queue.now + (more % 40),
      () => void change(stage, Math.max(user, 0), which % 3 === 0, where),
    );
  }
}

/** Time goes by: what is old is cleared away, and whoever comes anew must know all that still counts. */
function age(stage: Stage, [which = 0, where = 0]: readonly number[]): void {
  const { world } = stage;
  const node = at(world.verifiers, which);
  const authority = authorityAt(stage, where);
  authority.machine.crash();
  world.fault('authority killed');
  world.startAuthority(authority);
  if (node === undefined) return;
  const checkAll = (): void => {
    for (const token of world.oracle.tokens.slice(-12))
      for (const each of world.verifiers) checkAt(stage, token, each, false);
  };
  world.queue.at(world.queue.now + 3000, () => {
    stop(stage, node);
    world.startVerifier(node);
  });
  for (const after of [4000, 8000, 12_000]) world.queue.at(world.queue.now + after, checkAll);
}

/** A stamp that the primary's tail takes along, and the next one by a server whose clock is behind. */
function handOver(stage: Stage, [who = 0, lost = 0, where = 0, keep = 0]: readonly number[]): void {
  const { cluster } = stage.world;
  for (const { machine } of cluster.servers)
    stepClock(stage, machine, machine === cluster.primary.machine ? 900 : -900);
  const user = who % USERS.length;
  void login(stage, user, where, where, {});
  stage.whileIll(15 + (lost % 40), () => {
    stage.failOver(2 * lost + 1, keep);
    void login(stage, user, where, where, {});
  });
}

/** The stream stands still, an answer of before the revocation comes after it: what a verifier knows is as old as its question. */
function behind(stage: Stage, [to = 0, kind = 0, which = 0, plane = 0]: readonly number[]): void {
  const { network, verifiers } = stage.world;
  const node = at(verifiers, to);
  if (node === undefined) return;
  const source = sourceOf(stage, node);
  network.mute(source, node.machine);
  stage.world.fault('stream muted');
  network.delay(source, node.machine, 'probe reply', 2300);
  stage.whileIll(1100, () => void revoke(stage, [kind, which, plane, to]));
  stage.whileIll(5500, () => network.release());
}

/** The store drops what its users were last given, and gives a lower stamp then, for all clocks are behind; what is taken back lies above both. */
function forget(stage: Stage, [who = 0, where = 0, plane = 0, when = 0]: readonly number[]): void {
  const { cluster, oracle } = stage.world;
  const stepAll = (skewMs: number): void => {
    for (const machine of clocksOf(stage)) stepClock(stage, machine, skewMs);
  };
  const user = who % USERS.length;
  stepAll(900);
  void login(stage, user, where, where, {});
  stage.whileIll(20 + (when % 50), () => {
    stepAll(-900);
    cluster.primary.held.tables.stamps.clear();
    oracle.forgotLast();
    stage.world.fault('stamps forgotten');
    void login(stage, user, where, where, {});
  });
  stage.whileIll(100 + (when % 200), () => void revoke(stage, [9, user, plane, where]));
}

/** A follower offers what no authority wrote: an end of everything, and a proof that is none. */
async function forge(stage: Stage, [where = 0, which = 0, kind = 0]: readonly number[]): Promise<void> {
  const { world } = stage;
  const node = at(world.verifiers, where);
  if (node === undefined) return;
  const written = at(world.oracle.revokes, which)?.wrote[0];
  const now = node.machine.clock.wall();
  const made = { scope: 'g', number: 1, at: now, expires: now + 60_000, a: now, r: now, s: now };
  const entry = kind % 2 === 0 || written === undefined ? made : { ...written, s: written.s + 60_000 };
  const mac = written?.mac || 'AAAAAAAAAAAAAAAAAAAAAA';
  await createFeedClient(world, node.machine)
    .giveBack([{ ...entry, mac }])
    .catch(() => undefined);
}

/** One clock an hour ahead, while what is past its end is cleared away; then it is right again, and a verifier begins anew. */
function leap(stage: Stage, [which = 0, where = 0, whose = 0]: readonly number[]): void {
  const { world } = stage;
  const authority = authorityAt(stage, where);
  // One clock at a time: what both say is past its end, is.
  if (clocksOf(stage).some(each => each.skewMs !== 0)) return;
  const machine = whose % 4 === 0 ? authority.machine : world.cluster.primary.machine;
  stepClock(stage, machine, 3_600_000);
  authority.machine.crash();
  world.fault('authority killed');
  world.startAuthority(authority);
  stage.whileIll(3000, () => machine.step(0));
  stage.whileIll(3500, () => PLAYS.restartVerifier(stage, [which, 0]));
  stage.whileIll(4500, () => checkRecent(stage, 8));
}

async function theft(
  stage: Stage,
  loot: { readonly browser: Browser; refresh: string },
  node: AuthorityNode,
): Promise<void> {
  const { world, thief } = stage;
  const { browser } = loot;
  browser.hasThief = true;
  const outcome = await call(world, thief, node, 'theft', authority =>
    authority.refresh(loot.refresh, {
      ...(browser.client && { client: browser.client }),
      claims: stage.claimsFor(browser.user, stage.newCall()),
    }),
  );
  world.note(`theft -> ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
  world.cover(`theft ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
  if (outcome.kind !== 'ok') return;
  loot.refresh = outcome.value.refreshToken;
  world.oracle.token(outcome.value.accessToken, outcome.value.refreshToken);
}

/** Tokens where they do not belong: each is refused, and nothing changes. */
async function misuse(stage: Stage, [kind = 0, which = 0, where = 0]: readonly number[]): Promise<void> {
  const { world, thief } = stage;
  const browser = recent(stage.browsers, which);
  const token = recent(world.oracle.tokens, which);
  const verifier = at(world.verifiers, where);
  if (browser === undefined || token === undefined) return;
  const client = browser.client ? { client: browser.client } : {};
  const tries: Readonly<Record<number, readonly [number, string, object]>> = {
    0: [4, token.access, client],
    1: [9, browser.refresh.replace(/.(?=.{5}$)/, last => (last === 'A' ? 'B' : 'A')), client],
    2: [16, browser.refresh, { client: 'another' }],
    3: [9, browser.refresh.replace(/\.\d+\./, '.7.'), client],
  };
  if (kind % 5 === 4) {
    if (verifier === undefined) return;
    verifier.machine.run(() => {
      const ok = verifier.verifier.check(browser.refresh).ok;
      stage.judge(4, ok ? `a refresh token passes at ${verifier.name}` : undefined);
    });
    return;
  }
  const [invariant, text, options] = tries[kind % 5] as readonly [number, string, object];
  const outcome = await call(world, thief, authorityAt(stage, where), 'misuse', authority =>
    stage.forbidden(browser.session, () => authority.refresh(text, options)),
  );
  world.cover(`misuse ${kind % 5} ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`);
  stage.judge(invariant, outcome.kind === 'ok' ? `misuse ${kind % 5} of a token is answered` : undefined);
}

/** The authority's own verdict is that of a verifier. */
async function introspect(stage: Stage, token: Token, node: AuthorityNode): Promise<void> {
  const { world, admin } = stage;
  await call(world, admin, node, 'introspect', async authority => {
    const checked = authority.verifier.check(token.access);
    const said = await authority.introspect(token.access);
    const code = checked.ok ? 'ok' : checked.code;
    world.cover(`introspect ${code}`);
    const isWrong = checked.ok !== said.active;
    stage.judge(
      13,
      isWrong ? `introspect says ${said.active}, verify says ${code}, of ${say(token)}` : undefined,
    );
  });
}

/** The same again and again, in one moment. */
async function revokeAgain(stage: Stage, who: number, where: number | undefined): Promise<void> {
  const { world, admin } = stage;
  const user = at(USERS, who) as User;
  const { tenant, subject } = user;
  const target = tenant === '' ? { subject } : { subject, tenant };
  await call(world, admin, authorityAt(stage, where), 'again', authority =>
    Promise.all([1, 2, 3].map(() => stage.revoking(() => authority.revoke(target)))),
  );
}
