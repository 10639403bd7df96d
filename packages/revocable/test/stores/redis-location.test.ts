import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isRedisUrl, placeOfUrl, redisAddress } from '#stores/redis/location';

const folder = mkdtempSync(join(tmpdir(), 'revocable-location-'));
const ca = join(folder, 'a b.pem');
writeFileSync(ca, 'CERTIFICATE');
afterAll(() => rmSync(folder, { recursive: true }));

describe('a Redis URL', () => {
  it('names one server, with user, password and database', () => {
    expect(redisAddress('redis://us%40er:p%3Ass@host:7000/3')).toMatchObject({
      kind: 'server',
      hosts: [{ host: 'host', port: 7000 }],
      credentials: { username: 'us@er', password: 'p:ss' },
      database: 3,
      tls: undefined,
    });
    expect(redisAddress('redis://[::1]')).toMatchObject({
      hosts: [{ host: '::1', port: 6379 }],
      database: 0,
    });
    expect(redisAddress('redis://:word@h').credentials).toEqual({ password: 'word' });
    expect(redisAddress('redis://h/').credentials).toEqual({});
  });

  it('names Sentinels and their set', () => {
    const url = 'redis+sentinel://u:p@a,b:5000/my%20set/2?sentinel_username=s&sentinel_password=%26';
    expect(redisAddress(url)).toMatchObject({
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 5000 },
      ],
      name: 'my set',
      database: 2,
      sentinelCredentials: { username: 's', password: '&' },
    });
  });

  it('names some servers of a Cluster', () => {
    const { kind, hosts } = redisAddress('redis+cluster://[::1]:7000,b');
    expect(kind).toBe('cluster');
    expect(hosts).toEqual([
      { host: '::1', port: 7000 },
      { host: 'b', port: 6379 },
    ]);
  });

  it('asks for TLS by rediss, and names files', () => {
    expect(redisAddress('rediss://h').tls).toEqual({});
    expect(redisAddress(`rediss+cluster://h?ca=${encodeURIComponent(ca)}`).tls).toEqual({
      ca: 'CERTIFICATE',
    });
  });

  it.each([
    ['redis://', /One looks like redis:\/\/user/],
    ['redis://:s3cret@ho st', /One looks like redis:\/\/user/],
    ['redis://:s3cret@h:0', /host:port/],
    ['redis://:s3cret@h:70000', /host:port/],
    ['redis://:s3cret@h/x', /no Redis URL/],
    ['redis://:s3cret@a@b', /no Redis URL/],
    ['redis://:s3cret%@h', /%25/],
    ['redis+sentinel://:s3cret@h', /name of the set is missing/],
    ['redis+sentinel://:s3cret@h/main/x', /redis\+sentinel:\/\/user/],
    ['redis+cluster://:s3cret@h/1', /one database/],
    ['redis+cluster://:s3cret@h,/', /host:port/],
    ['redis://:s3cret@h?tls=1', /no parameter "tls"/],
    ['redis://:s3cret@h?ca=/x', /rediss/],
    ['rediss://:s3cret@h?ca=/nowhere/ca.pem', /"\/nowhere\/ca.pem", which cannot be read/],
  ])('%s is refused', (url, message) => {
    expect(() => redisAddress(url)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
    expect(() => redisAddress(url)).not.toThrow(/s3cret/);
  });

  it('is told apart from others, and shown without user, password and parameters', () => {
    expect(isRedisUrl('redis+sentinel://h/n')).toBe(true);
    expect(isRedisUrl('redisx://h')).toBe(false);
    expect(placeOfUrl('rediss+sentinel://u:p@a:1,b:2/main?ca=x')).toBe('rediss+sentinel://a:1,b:2/main');
    expect(placeOfUrl('redis://:p@h:6379/2')).toBe('redis://h:6379/2');
  });
});
