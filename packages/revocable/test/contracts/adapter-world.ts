/** Tokens of every fate, a real verifier with a real replica, and requests over real sockets. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { generateKey } from '#jose/generate';
import { createSigner } from '#jose/signer';
import { type CutEntry, createReplica, type Feed, LEEWAY_MS, type LocalReplica } from '#revocation/index';
import { systemClock, systemTimers } from '#time';
import { createVerifier, type DpopOptions, type Verifier } from '#verifier/index';

const ISSUER = 'https://auth.example';
const AUDIENCE = 'api';
export const NONCE_SECRET: Uint8Array = new Uint8Array(32).fill(7);
const STAMP = Date.now() - 1000;

export type Fate =
  | 'good'
  | 'scoped'
  | 'expired'
  | 'signedOut'
  | 'outdated'
  | 'wrongAudience'
  | 'wrongKey'
  | 'early';

export interface AdapterWorld {
  readonly verifier: Verifier;
  /** Its replica has never heard anything. */
  readonly staleVerifier: Verifier;
  /** It asks for nonces. */
  readonly nonceVerifier: Verifier;
  /** Given the thumbprint of a key, bound to it. */
  token(fate: Fate, jkt?: string): string;
  close(): void;
}

export async function createAdapterWorld(): Promise<AdapterWorld> {
  const key = generateKey('ES256');
  const replica = replicaOf([cut('u::gone', { s: STAMP + 1 }), cut('u::changed', { a: STAMP + 1 })]);
  const stale = replicaOf(undefined);
  await replica.ready;
  const verifierWith = (revocation: LocalReplica, dpop: DpopOptions = {}): Verifier =>
    createVerifier({ keys: key, issuer: ISSUER, audience: AUDIENCE, revocation, dpop });
  const foreignKey = generateKey('ES256');
  return {
    verifier: verifierWith(replica),
    staleVerifier: verifierWith(stale),
    nonceVerifier: verifierWith(replica, { nonceSecret: NONCE_SECRET }),
    token(fate, jkt) {
      const past = fate === 'expired' ? 3600_000 : 0;
      const signer = createSigner({
        key: fate === 'wrongKey' ? foreignKey : key,
        issuer: ISSUER,
        audience: fate === 'wrongAudience' ? 'another' : AUDIENCE,
        expiresIn: '5m',
        typ: 'at+jwt',
        clock: () => Date.now() - past,
        ...(fate === 'early' ? { notBefore: '1m' as const } : {}),
      });
      const sub = fate === 'signedOut' ? 'gone' : fate === 'outdated' ? 'changed' : 'ada';
      const stamps = { modified_at: STAMP - past, refresh_modified_at: STAMP - past };
      const scope = fate === 'scoped' ? 'read write' : 'read';
      return signer.sign({ sub, ...stamps, scope, ...(jkt && { cnf: { jkt } }) });
    },
    close() {
      replica.close();
      stale.close();
    },
  };
}

function cut(scope: string, planes: { a?: number; s?: number }): CutEntry {
  return {
    scope,
    number: 1,
    at: Date.now(),
    expires: Date.now() + 3600_000,
    a: 0,
    r: 0,
    s: 0,
    mac: '',
    ...planes,
  };
}

function replicaOf(entries: readonly CutEntry[] | undefined): LocalReplica {
  const profile = {
    issuer: ISSUER,
    format: 1,
    scopes: ['g', 'k', 't', 'c', 'u', 's', 'j'],
    accessMaxMs: 300_000,
    refreshMaxMs: 3600_000,
    leewayMs: LEEWAY_MS,
    stamps: true,
  };
  const feed: Feed = {
    profile: async () => profile,
    async load(_hold, take) {
      if (entries === undefined) throw new Error('nobody answers');
      take(entries);
      return 'test.1.';
    },
    follow: () => () => {},
    async giveBack() {},
    probe: async () => ({ now: Date.now(), head: 'test.1.' }),
  };
  const common = { clock: systemClock, timers: systemTimers, name: undefined };
  return createReplica({
    feed,
    hold: 'access',
    maxStalenessMs: 30_000,
    whenStale: 'reject',
    ...common,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** Names and values in turn, so that one can be sent twice. */
  readonly headers?: readonly string[];
}

/** One request on a connection of its own. */
export function ask(port: number, { method = 'GET', path = '/', headers = [] }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = ['Host', `localhost:${port}`, 'Connection', 'close', ...headers];
    const sent = request({ host: '127.0.0.1', port, method, path, headers: all }, res => {
      const chunks: Buffer[] = [];
      res.on('data', chunk => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = res.headers['content-type']?.startsWith('application/json') && text !== '';
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          text,
          json: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
