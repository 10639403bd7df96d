/**
 * The users of docs/redis/*.acl, as an operator loads them: what each may, and what it may not. That the rights of authorities
 * are enough for all of a store is in redis-topologies.test.ts.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type Authority, createAuthority, followRevocations, openStore } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userScope } from '#revocation/index';
import { CUT_STEP } from '#stores/redis/cut-scripts';
import { CUT_STATE, childrenKey, FOLLOWED, SESSION_USERS, userKey } from '#stores/redis/keys';
import { LIVES, until } from '../contracts/store-world.ts';
import { freePort, type RedisServer, startServer } from './redis-server.ts';

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../../../docs/redis/${name}.acl`, import.meta.url));
const ACL = ['authorities', 'followers'].map(name => readFileSync(fileOf(name), 'utf8')).join('');
const PASSWORD = 'change-this-password';
const SECRET = 'a root secret of the test, 32 bytes';

let server: RedisServer;
let url: (user: string) => string;
beforeAll(async () => {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--aclfile', 'users.acl'];
  server = await startServer({ port, words, files: { 'users.acl': ACL } });
  url = user => `redis://${user}:${PASSWORD}@127.0.0.1:${port}`;
});
afterAll(() => server?.stop());

describe('the user of followers.acl', () => {
  let authority: Authority;
  let follower: Redis;
  beforeAll(async () => {
    await server.command('FLUSHALL');
    const store = await openStore(url('revocable-authority'));
    authority = await createAuthority({
      ...{ store, secret: SECRET, issuer: 'https://auth.example', audience: 'api' },
      signing: { alg: 'ES256' },
    });
    await authority.issue({ subject: 'ann' });
    follower = new Redis(url('revocable-follower'));
  });
  afterAll(async () => {
    follower.disconnect();
    await authority.close();
  });

  it('follows: hears of each cut-off, is fresh, and is known by name', async () => {
    const { accessToken } = await authority.issue({ subject: 'bob' });
    const { claims } = authority.verifier.verifySync(accessToken);
    const options = { name: 'api-1', hold: 'all' } as const;
    const revocation = await followRevocations(url('revocable-follower'), options);
    await revocation.ready;
    expect(revocation.isRevoked(claims)).toBe(false);
    const { cursor } = await authority.revoke({ subject: 'bob' });
    await until(() => revocation.isRevoked(claims));
    expect(await authority.settled(cursor)).toMatchObject({ missing: [] });
    await until(() => revocation.age < 1500);
    expect((await authority.status()).replicas).toMatchObject([{ name: 'api-1' }]);
    revocation.close();
  });

  it('gives back', async () => {
    const store = await openStore(url('revocable-follower'));
    await store.feed.giveBack([]);
    expect(await server.command('XLEN', 'revocable:{cuts}:giveback')).toMatch(/^:[1-9]/);
    await store.close();
  });

  // What changes from here on, no authority has changed.
  describe('with no authority about', () => {
    beforeAll(() => authority.close());
    const [ledger = '', entries = '', log = '', , replicas = '', , giveBack = ''] = FOLLOWED;
    const ann = userKey(userScope('', 'ann'));
    const forged = '9 9 9000000000000000 9000000000000000 9000000000000000 9000000000000000';
    const args = JSON.stringify({
      orders: [{ kind: 'finite', scope: 'g', plane: 's' }],
      ...{ caller: Date.now(), lives: LIVES, nonce: 'x' },
    });
    it.each<[string, readonly [string, ...string[]]]>([
      ['read the signing keys', ['HGETALL', 'revocable:{cuts}:keys']],
      ['read the stamps of users', ['HGETALL', 'revocable:{cuts}:stamps']],
      ['read sessions', ['HGETALL', ann]],
      ['read whose sessions are', ['HGETALL', SESSION_USERS]],
      ['read children', ['SMEMBERS', childrenKey('x')]],
      ['read records', ['HGETALL', 'revocable:{r:accounts}:values']],
      ['read the audit log', ['HGETALL', 'revocable:audit']],
      ['add to the audit log', ['HSETNX', 'revocable:audit', '1', '1 {}']],
      ['read what others gave back', ['XRANGE', giveBack, '-', '+']],
      ['write a cut-off', ['HSET', entries, 'g', forged]],
      ['remove one', ['HDEL', entries, 'g']],
      ['remove all', ['DEL', entries]],
      ['write to the log', ['XADD', log, '*', 'scope', 'g', 'entry', forged]],
      ['trim the log', ['XTRIM', log, 'MAXLEN', '0']],
      ['write to the ledger', ['HSET', ledger, 'top', '9000000000000000']],
      ['forget a replica', ['HDEL', replicas, 'api-1']],
      ['end a session', ['HDEL', ann, 'r:x']],
      ['let a key expire', ['PEXPIRE', entries, '1']],
      ['rename one', ['RENAME', entries, replicas]],
      ['list keys', ['KEYS', '*']],
      ['scan keys', ['SCAN', '0']],
      ['flush', ['FLUSHALL']],
      ['flush a database', ['FLUSHDB']],
      ['configure', ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']],
      ['monitor', ['MONITOR']],
      ['dump', ['DUMP', entries]],
      ['change users', ['ACL', 'SETUSER', 'x', 'on', 'nopass', 'allkeys', 'allcommands']],
      ['end the server', ['SHUTDOWN', 'NOSAVE']],
      ['revoke by our script', ['EVAL', CUT_STEP.text, String(CUT_STATE.length), ...CUT_STATE, args]],
      ['revoke by it with its own keys', ['EVAL', CUT_STEP.text, String(FOLLOWED.length), ...FOLLOWED, args]],
      [
        'write a cut-off by a script',
        ['EVAL', `return redis.call('HSET', KEYS[1], 'g', ARGV[1])`, '1', entries, forged],
      ],
      [
        'write to the log by a script',
        ['EVAL', `return redis.call('XADD', KEYS[1], '*', 'scope', 'g')`, '1', log],
      ],
      ['read keys by a script', ['EVAL', `return redis.call('HGETALL', 'revocable:{cuts}:keys')`, '0']],
      ['read sessions by a script', ['EVAL', `return redis.call('HGETALL', ARGV[1])`, '0', ann]],
      ['flush by a script', ['EVAL', `return redis.call('FLUSHALL')`, '0']],
      [
        'rename by a script',
        ['EVAL', `return redis.call('RENAME', KEYS[1], KEYS[2])`, '2', entries, replicas],
      ],
    ])('may not %s', async (_, [name, ...words]) => {
      const before = await stateOf();
      await expect(follower.call(name, ...words)).rejects.toThrow(/NOPERM|user executing the script/);
      expect(await stateOf()).toBe(before);
    });

    it('has no right to revoke through a store either', async () => {
      const store = await openStore(url('revocable-follower'));
      const before = await stateOf();
      const orders = [{ kind: 'finite', scope: 'g', plane: 's' }] as const;
      await expect(store.revoke({ orders, caller: Date.now(), lives: LIVES })).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
        message: expect.stringMatching(/ACL/),
      });
      expect(await stateOf()).toBe(before);
      await store.close();
    });

    async function stateOf(): Promise<string> {
      const keys = [...CUT_STATE.filter(key => !key.endsWith(':replicas') && !key.endsWith(':reports')), ann];
      return (await Promise.all(keys.map(key => server.command('DUMP', key)))).join('\n');
    }
  });
});

describe('the user of authorities.acl', () => {
  it.each([
    ['flush', ['FLUSHALL']],
    ['configure', ['CONFIG', 'GET', '*']],
    ['list keys', ['KEYS', '*']],
    ['read another program’s keys', ['GET', 'other']],
    ['write them', ['SET', 'other', '1']],
    ['by a script', ['EVAL', `return redis.call('SET', 'other', '1')`, '0']],
  ])('may not %s', async (_, [name = '', ...words]) => {
    const client = new Redis(url('revocable-authority'));
    await expect(client.call(name, ...words)).rejects.toThrow(/NOPERM|user executing the script/);
    client.disconnect();
  });

  describe('and the audit log', () => {
    const LOG = 'revocable:audit';
    const forged = '1 {"event":"nothing"}';
    it('adds to it, and reads it', async () => {
      const store = await openStore(url('revocable-authority'));
      const seq = await store.audit.append({
        event: 'revoked',
        actor: 'admin',
        detail: { target: 'everyone' },
      });
      expect(await store.audit.list({ limit: 1 })).toMatchObject([{ seq, event: 'revoked', actor: 'admin' }]);
      await store.close();
    });

    it.each<[string, readonly [string, ...string[]]]>([
      ['remove it', ['DEL', LOG]],
      ['remove it later', ['UNLINK', LOG]],
      ['let it expire', ['PEXPIRE', LOG, '1']],
      ['put something in its place', ['SET', LOG, '']],
      ['rename it', ['RENAME', LOG, 'revocable:{cuts}:old']],
      ['rename another to it', ['RENAME', 'revocable:collections', LOG]],
      ['copy another over it', ['COPY', 'revocable:collections', LOG, 'REPLACE']],
      ['write it by a sorting', ['SORT', 'revocable:collections', 'ALPHA', 'STORE', LOG]],
      ['restore another one', ['RESTORE', LOG, '0', 'x', 'REPLACE']],
      ['move it', ['MOVE', LOG, '1']],
      ['remove a row', ['HDEL', LOG, '1']],
      ['change a row', ['HSET', LOG, '1', forged]],
      ['change a row as a number', ['HINCRBY', LOG, '1', '1']],
      ['remove it by a script', ['EVAL', `return redis.call('DEL', KEYS[1])`, '1', LOG]],
      ['remove a row by a script', ['EVAL', `return redis.call('HDEL', KEYS[1], '1')`, '1', LOG]],
      [
        'change a row by a script',
        ['EVAL', `return redis.call('HSET', KEYS[1], '1', ARGV[1])`, '1', LOG, forged],
      ],
      ['trim it as if it were a stream', ['XTRIM', LOG, 'MAXLEN', '0']],
      ['swap databases', ['SWAPDB', '0', '1']],
    ])('may not %s', async (_, [name, ...words]) => {
      const client = new Redis(url('revocable-authority'));
      await client.call('HSETNX', LOG, '1', '1 {"event":"login"}');
      const before = await server.command('HGETALL', LOG);
      await expect(client.call(name, ...words)).rejects.toThrow(/NOPERM|user executing the script/);
      expect(await client.call('HSETNX', LOG, '1', forged)).toBe(0);
      expect(await server.command('HGETALL', LOG)).toBe(before);
      client.disconnect();
    });
  });
});
