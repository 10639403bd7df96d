/** One world: a store, authorities, verifiers, and all that goes wrong between them. */
import { type Authority, createAuthorityOn } from '#authority/authority';
import type { KeySet } from '#jose/index';
import { createReplica, type LocalReplica, placeOf } from '#revocation/index';
import { createVerifier, type Verifier } from '#verifier/index';
import { createMeetings, type Fault } from './coverage.ts';
import { createFeedClient } from './feed-client.ts';
import { createHttpFeed } from './http-feed.ts';
import { keyPool } from './keys.ts';
import { createMachine, type Machine } from './machine.ts';
import { createNetwork, type Network } from './network.ts';
import { createOracle, type Oracle, type Token } from './oracle.ts';
import type { Settings } from './plan.ts';
import { createQueue, type Queue } from './queue.ts';
import { type Chance, createChance, hash } from './random.ts';
import { type Cluster, createCluster } from './server.ts';
import { createStoreClient } from './store-client.ts';

export const ISSUER = 'https://auth.example';

export interface AuthorityNode {
  readonly machine: Machine;
  /** Undefined while it starts, or is down. */
  authority: Authority | undefined;
}

export interface VerifierNode {
  readonly name: string;
  readonly machine: Machine;
  readonly settings: Settings['verifiers'][number];
  /** Whom it follows, where it does so over HTTP. */
  readonly service: AuthorityNode;
  replica: LocalReplica;
  verifier: Verifier;
  isReady: boolean;
  /** The highest place reached in the log of each owner. */
  heard: Map<string, number>;
  /** A clock was stepped, the machine was suspended: both at once hide time from it. */
  hasSlept: boolean;
  hasStepped: boolean;
  /** When its process began, or went on. */
  upSince: number;
}

/** A live connection at a verifier. */
export interface Connection {
  readonly token: Token;
  readonly node: VerifierNode;
  isOpen: boolean;
}

export interface World {
  readonly seed: number;
  readonly settings: Settings;
  readonly queue: Queue;
  readonly network: Network;
  readonly cluster: Cluster;
  readonly oracle: Oracle;
  readonly authorities: readonly AuthorityNode[];
  readonly verifiers: VerifierNode[];
  readonly connections: Connection[];
  readonly chance: Chance;
  /** What was met, and how often. */
  readonly coverage: Map<string, number>;
  /** What was met in the same run, shortly after a fault. */
  pairs(): string[];
  /** The trace: numbered lines. */
  readonly lines: string[];
  readonly traceHash: number;
  /** The clocks of the store and its authorities were further apart than they may be. */
  readonly areClocksApart: boolean;
  noteClocks(): void;
  note(what: string): void;
  cover(what: string): void;
  fault(fault: Fault): void;
  startAuthority(node: AuthorityNode): void;
  addVerifier(settings: Settings['verifiers'][number]): VerifierNode;
  startVerifier(node: VerifierNode): void;
}

const SECRET = 'the root secret of the simulated world, 32 bytes';
const RETRY_MS = 1000;

export function createWorld(
  seed: number,
  settings: Settings,
  options: { readonly calm?: ReadonlySet<string>; readonly keepsLines?: boolean } = {},
): World {
  const queue = createQueue(seed);
  const random = createChance(seed, 'random');
  const oracle = createOracle(() => queue.now);
  const coverage = new Map<string, number>();
  const meetings = createMeetings(() => queue.now);
  const lines: string[] = [];
  let traceHash = 0;
  let noted = 0;
  let areClocksApart = false;
  const world: World = {
    seed,
    settings,
    queue,
    oracle,
    coverage,
    pairs: meetings.pairs,
    lines,
    network: createNetwork(seed, queue, settings.weather, options.calm ?? new Set()),
    cluster: createCluster(queue, random),
    authorities: Array.from({ length: settings.authorities }, (_, i) => ({
      machine: createMachine(`authority-${i + 1}`, queue),
      authority: undefined,
    })),
    verifiers: [],
    connections: [],
    chance: createChance(seed, 'acts'),
    get traceHash() {
      return traceHash;
    },
    get areClocksApart() {
      return areClocksApart;
    },
    noteClocks() {
      const skews = [...world.cluster.servers, ...world.authorities].map(each => each.machine.skewMs);
      areClocksApart ||= skews.some(skew => Math.abs(skew) > 1000);
    },
    note(what) {
      noted += 1;
      traceHash = hash(traceHash, what);
      if (options.keepsLines) lines.push(`${noted}\t${queue.now} ms\t${what}`);
    },
    cover(what) {
      coverage.set(what, (coverage.get(what) ?? 0) + 1);
      meetings.branch(what);
    },
    fault(fault) {
      world.cover(`fault ${fault}`);
      meetings.fault(fault);
    },
    startAuthority: node => void startAuthority(world, node),
    addVerifier(wish) {
      const node = newVerifier(world, wish);
      world.verifiers.push(node);
      return node;
    },
    startVerifier: node => startVerifier(world, node),
  };
  world.network.onFault((fault, name) => {
    world.fault(fault);
    world.note(`${fault}: ${name}`);
  });
  if (settings.jumpy)
    for (const { machine } of [...world.cluster.servers, ...world.authorities])
      machine.step(world.chance.pick([0, 0, 900, -900, 500]));
  for (const node of world.authorities) world.startAuthority(node);
  for (const wish of settings.verifiers) world.addVerifier(wish);
  return world;
}

async function startAuthority(world: World, node: AuthorityNode): Promise<void> {
  const { settings } = world;
  const { machine } = node;
  machine.start();
  node.authority = undefined;
  try {
    const authority = await createAuthorityOn(
      {
        store: createStoreClient(world, machine),
        issuer: ISSUER,
        audience: 'api',
        keys: keysOf(world),
        secret: SECRET,
        access: { expiresIn: settings.accessS },
        refresh: {
          expiresIn: settings.refreshS,
          idle: settings.idleS,
          grace: settings.graceS,
          policy: settings.policy,
        },
        onEvent: ({ type }) => world.cover(`event ${type}`),
      },
      { clock: machine.clock, timers: machine.timers, random: world.chance },
    );
    node.authority = authority;
    world.note(`${machine.name} is up`);
  } catch {
    machine.timers.set(() => world.startAuthority(node), RETRY_MS);
  }
}

/** One set for all authorities: the keys are their owner's own. */
const sets = new WeakMap<World, KeySet>();
export function keysOf(world: World): KeySet {
  const set = sets.get(world) ?? keyPool(world.settings.realKeys, 2);
  sets.set(world, set);
  return set;
}

function newVerifier(world: World, wish: Settings['verifiers'][number]): VerifierNode {
  const name = `verifier-${world.verifiers.length + 1}`;
  const node = {
    name,
    machine: createMachine(name, world.queue),
    settings: wish,
    service: world.authorities[world.verifiers.length % world.authorities.length],
    isReady: false,
    heard: new Map(),
    hasSlept: false,
    hasStepped: false,
    upSince: world.queue.now,
  } as unknown as VerifierNode;
  startVerifier(world, node);
  return node;
}

function startVerifier(world: World, node: VerifierNode): void {
  const { machine, settings } = node;
  machine.start();
  node.isReady = false;
  node.upSince = world.queue.now;
  node.heard = new Map();
  const { heard } = node;
  const hearing = {
    entries: () => {},
    reached(cursor: string) {
      const place = placeOf(cursor);
      if (place !== undefined) heard.set(place.owner, Math.max(place.number, heard.get(place.owner) ?? 0));
      world.note(`${node.name} heard up to ${cursor}`);
    },
  };
  const feed =
    settings.road === 'http'
      ? createHttpFeed(world, machine, node.service, hearing)
      : createFeedClient(world, machine, hearing);
  node.replica = createReplica({
    feed,
    hold: settings.hold,
    name: node.name,
    maxStalenessMs: world.settings.maxStalenessMs,
    whenStale: settings.whenStale,
    clock: machine.clock,
    timers: machine.timers,
    neverStale: false,
  });
  const { replica } = node;
  void replica.ready.then(
    machine.bind(() => {
      if (node.replica === replica) node.isReady = true;
    }),
  );
  node.verifier = createVerifier({
    keys: keyPool(world.settings.realKeys, 3),
    issuer: ISSUER,
    audience: 'api',
    revocation: replica,
    clock: machine.clock.wall,
    clockTolerance: settings.toleranceS,
    ...(world.settings.cache && { cache: true as const }),
  });
}
