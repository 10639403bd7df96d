/** Sets of redis-servers of the test's own: a primary with a replica and three Sentinels, and a Cluster. */
import { createHash } from 'node:crypto';
import { type Certificates, freePort, freePorts, type RedisServer, startServer } from './redis-server.ts';

/** Whom the servers let in, and how. The operator of the tests comes by the plain port. */
export interface Access {
  readonly certificates?: Certificates;
  /** Lines of an ACL: `user tokens on >password …`. */
  readonly users?: readonly string[];
}

export interface RedisSet {
  /** Of a Sentinel set the primary first, then its replica; of a Cluster three primaries, then replicas of the first. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** Ports that clients go to: of Sentinels, or of primaries. */
  readonly ports: readonly number[];
  /** On every primary. */
  command(...words: string[]): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export const NAME = 'main';

const idOf = (port: number): string => createHash('sha1').update(String(port)).digest('hex');

/** Options of TLS on `port`, beside the plain one. */
function tlsWords(port: number, { ca, cert, key }: Certificates): string[] {
  const files = ['--tls-ca-cert-file', ca, '--tls-cert-file', cert, '--tls-key-file', key];
  return ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
}

/** As a configuration file says it: Sentinels and Clusters write theirs anew. */
const lineOf = (words: readonly string[]): string =>
  words.map(word => (word.startsWith('--') ? `\n${word.slice(2)}` : ` ${JSON.stringify(word)}`)).join('');

interface Plan {
  readonly port: number;
  /** Where clients go: the same without TLS. */
  readonly clientPort: number;
  readonly words: readonly string[];
}

async function plansOf(count: number, { certificates, users = [] }: Access): Promise<Plan[]> {
  const ports = await freePorts(count);
  return Promise.all(
    ports.map(async port => {
      const clientPort = certificates === undefined ? port : await freePort();
      const tls = certificates === undefined ? [] : tlsWords(clientPort, certificates);
      const acl = users.flatMap(user => ['--user', ...user.split(' ').slice(1)]);
      const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...tls, ...acl];
      return { port, clientPort, words };
    }),
  );
}

interface Stoppable {
  stop(): Promise<void>;
}

/** All of them; when one does not start, none. */
export async function together<All extends readonly Stoppable[]>(
  starting: {
    readonly [Each in keyof All]: Promise<All[Each]>;
  },
): Promise<All> {
  const results = await Promise.allSettled<Stoppable>(starting);
  const started = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find(result => result.status === 'rejected');
  if (failed === undefined) return started as unknown as All;
  await Promise.all(started.map(server => server.stop()));
  throw failed.reason;
}

export interface SetOptions extends Access {
  readonly replicas?: number;
  /** How long replicas are waited for that do not follow the new primary. */
  readonly failoverMs?: number;
}

/** The primary, its replicas, three Sentinels that know each other from the start, and agree within half a second. */
export async function startSentinelSet(
  { replicas = 1, failoverMs = 1000, ...access }: SetOptions = {},
  ...options: string[]
): Promise<RedisSet> {
  const { certificates } = access;
  const [primary, ...copies] = (await plansOf(1 + replicas, access)) as [Plan, ...Plan[]];
  const watching = await plansOf(3, certificates === undefined ? {} : { certificates });
  const secure = certificates === undefined ? [] : ['--tls-replication', 'yes'];
  const common = [...secure, ...QUICK, ...options];
  const servers = await together([
    startServer({ port: primary.port, words: [...primary.words, ...common] }),
    ...copies.map(({ port, words }) =>
      startServer({
        port,
        words: [...words, ...common, '--replicaof', '127.0.0.1', String(primary.clientPort)],
      }),
    ),
  ]);
  const sentinels = await together(
    watching.map(plan => {
      const text = sentinelText(plan, { watching, primary, copies, failoverMs });
      const words = ['sentinel.conf', '--sentinel'];
      return startServer({ port: plan.port, words, files: { 'sentinel.conf': text } });
    }),
  ).catch(async error => {
    for (const server of servers) await server.stop();
    throw error;
  });
  const online = async (): Promise<number> =>
    ((await servers[0]?.command('INFO', 'replication')) ?? '').split('state=online').length - 1;
  await within(async () => (await online()) === replicas);
  return {
    servers,
    sentinels,
    ports: watching.map(({ clientPort }) => clientPort),
    command: async (...words) => [await primaryAmong(servers).then(server => server.command(...words))],
    async stop() {
      for (const server of [...sentinels, ...servers]) await server.stop();
    },
  };
}

const QUICK = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];

async function primaryAmong(servers: readonly RedisServer[]): Promise<RedisServer> {
  for (const server of servers)
    if ((await server.command('ROLE').catch(() => '')).includes('master')) return server;
  throw new Error('There is no primary.');
}

function sentinelText(
  { port, words }: Plan,
  set: {
    readonly watching: readonly Plan[];
    readonly primary: Plan;
    readonly copies: readonly Plan[];
    readonly failoverMs: number;
  },
): string {
  const others = set.watching.filter(other => other.port !== port);
  return [
    lineOf(words.filter(word => word !== '--save' && word !== '')),
    ...(words.includes('--tls-port') ? ['tls-replication yes'] : []),
    `sentinel myid ${idOf(port)}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${set.primary.clientPort} 2`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} ${set.failoverMs}`,
    ...set.copies.map(({ clientPort }) => `sentinel known-replica ${NAME} 127.0.0.1 ${clientPort}`),
    ...others.map(
      ({ port: their, clientPort }) =>
        `sentinel known-sentinel ${NAME} 127.0.0.1 ${clientPort} ${idOf(their)}`,
    ),
    '',
  ].join('\n');
}

/** Three primaries that share the slots from the start, and replicas of the first. */
export async function startCluster(
  access: Access = {},
  replicas = 0,
  ...options: string[]
): Promise<RedisSet> {
  const plans = await plansOf(3 + replicas, access);
  const buses = await freePorts(plans.length);
  const isSecure = access.certificates !== undefined;
  const nodes = plans.map((plan, i) => ({ ...plan, bus: buses[i] ?? 0, slots: SLOTS[i] }));
  const servers = await together(
    nodes.map(node => {
      const secure = isSecure ? ['--tls-cluster', 'yes', '--tls-replication', 'yes'] : [];
      const cluster = [
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(node.bus),
        '--cluster-node-timeout',
        '1000',
      ];
      const words = [...node.words, ...cluster, ...secure, '--repl-diskless-sync-delay', '0', ...options];
      return startServer({ port: node.port, words, files: { 'nodes.conf': nodesText(node, nodes) } });
    }),
  );
  const set: RedisSet = {
    servers,
    sentinels: [],
    ports: plans.slice(0, 3).map(({ clientPort }) => clientPort),
    command: (...words) => Promise.all(servers.slice(0, 3).map(server => server.command(...words))),
    async stop() {
      for (const server of servers) await server.stop();
    },
  };
  const isWhole = async (server: RedisServer): Promise<boolean> =>
    (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok');
  await within(async () => (await Promise.all(servers.map(isWhole))).every(Boolean)).catch(async error => {
    await set.stop();
    throw error;
  });
  return set;
}

const SLOTS = ['0-5460', '5461-10922', '10923-16383'];

interface ClusterNode extends Plan {
  readonly bus: number;
  readonly slots: string | undefined;
}

/** As a server keeps it itself: who is in the Cluster, and who serves what. */
function nodesText(self: ClusterNode, all: readonly ClusterNode[]): string {
  const rows = all.map((node, i) => {
    const role = node.slots === undefined ? `slave ${idOf(all[0]?.port ?? 0)}` : 'master -';
    const flags = `${node.port === self.port ? 'myself,' : ''}${role}`;
    return `${idOf(node.port)} 127.0.0.1:${node.clientPort}@${node.bus} ${flags} 0 0 ${i + 1} connected ${node.slots ?? ''}`.trim();
  });
  return `${rows.join('\n')}\nvars currentEpoch ${all.length} lastVoteEpoch 0\n`;
}

export async function within(holds: () => Promise<boolean | undefined>, limitMs = 15_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error('The servers did not come together.');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function serverOfCuts(set: RedisSet): Promise<RedisServer> {
  for (const server of set.servers.slice(0, 3))
    if ((await server.command('EXISTS', 'revocable:{cuts}:ledger')).startsWith(':1')) return server;
  throw new Error('Nobody has the cut state.');
}

/** The slot of the cut state to another server, as redis-cli moves it: importing, migrating, key by key, then the slot is the other's. */
export async function moveCuts(set: RedisSet): Promise<void> {
  const from = await serverOfCuts(set);
  const to = set.servers.slice(1, 3).find(server => server !== from) as RedisServer;
  const [slot] = /\d+/.exec(await from.command('CLUSTER', 'KEYSLOT', 'revocable:{cuts}:log')) ?? [];
  const [fromId, toId] = await Promise.all(
    [from, to].map(async server => /[0-9a-f]{40}/.exec(await server.command('CLUSTER', 'MYID'))?.[0] ?? ''),
  );
  await to.command('CLUSTER', 'SETSLOT', slot ?? '', 'IMPORTING', fromId ?? '');
  await from.command('CLUSTER', 'SETSLOT', slot ?? '', 'MIGRATING', toId ?? '');
  for (;;) {
    const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot ?? '', '10'))
      .split('\r\n')
      .filter(line => line.startsWith('revocable:'));
    if (keys.length === 0) break;
    for (const key of keys) await from.command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000');
  }
  for (const server of [to, ...set.servers.slice(0, 3)])
    await server.command('CLUSTER', 'SETSLOT', slot ?? '', 'NODE', toId ?? '');
}
