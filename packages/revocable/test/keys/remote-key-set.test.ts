/** Remote key sets, over a fetch and clocks that the test holds. */
import { createServer } from 'node:http';
import {
  createSigner,
  createVerifier,
  exportJwk,
  generateKey,
  remoteKeySet,
  type SigningKey,
} from 'revocable';
import { describe, expect, test, vi } from 'vitest';
import { createRemoteKeySet, type RemoteKeySetOptions } from '#keys/remote-key-set';

const url = 'https://auth.example/jwks.json';
const key = generateKey('ES256', { kid: 'one' });
const next = generateKey('ES256', { kid: 'two' });
const jwks = (...keys: readonly SigningKey[]): object => ({ keys: keys.map(one => exportJwk(one)) });

interface Answer {
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error?: Error;
  readonly wait?: Promise<void>;
}

/** A server, a clock and timers in the test's hands. */
function world(options: RemoteKeySetOptions = {}) {
  let answer: Answer = { body: jwks(key) };
  let now = 1_000_000;
  const timers: { at: number; callback: () => void }[] = [];
  const fetch = vi.fn(
    async (_url: string, _init: { headers: Readonly<Record<string, string>>; redirect: string }) => {
      const { body = {}, status = 200, headers = {}, error, wait } = answer;
      await wait;
      if (error !== undefined) throw error;
      return new Response(status === 200 ? (typeof body === 'string' ? body : JSON.stringify(body)) : null, {
        status,
        headers,
      });
    },
  );
  const ports = {
    clock: { wall: () => now, monotonic: () => now },
    timers: {
      set(callback: () => void, delayMs: number) {
        const timer = { at: now + delayMs, callback };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer) >>> 0, 1);
      },
    },
  };
  const keys = createRemoteKeySet(url, { fetch: fetch as never, ...options }, ports);
  const verifier = createVerifier({ keys, issuer: null, audience: null });
  return {
    keys,
    fetch,
    timers,
    verifier,
    answers: (given: Answer) => {
      answer = given;
    },
    passes: (ms: number) => {
      now += ms;
      for (const timer of [...timers]) if (timer.at <= now) timer.callback();
    },
    settled: () => new Promise(resolve => setTimeout(resolve, 5)),
  };
}
const sign = (by: SigningKey): string => createSigner({ key: by, expiresIn: '365d' }).sign();

describe('keys at hand', () => {
  test('verify fetches once for all who wait, then verifySync needs nobody', async () => {
    const { verifier, fetch, keys } = world();
    expect(keys.keys).toEqual([]);
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(sign(key))));
    expect(fetch).toHaveBeenCalledOnce();
    expect(fetch.mock.calls[0]).toMatchObject([
      url,
      { redirect: 'manual', headers: { accept: expect.stringContaining('json') } },
    ]);
    expect(verifier.check(sign(key)).ok).toBe(true);
    await keys.load();
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('verifySync refuses before the first fetch, which it begins', async () => {
    const { verifier, fetch, settled } = world();
    expect(verifier.check(sign(key))).toMatchObject({ code: 'ERR_KEY_NOT_FOUND', action: 'refresh' });
    await settled();
    expect(verifier.check(sign(key)).ok).toBe(true);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('of the set, secrets and what cannot be used are passed over; HMAC is refused whatever is there', async () => {
    const { keys, verifier, answers } = world();
    const rsa = exportJwk(generateKey('RS256'));
    const secret = generateKey('HS256', { kid: 's' });
    answers({
      body: {
        keys: [
          exportJwk(secret, { private: true }),
          { kty: 'RSA', n: 'AA', e: 'AQ' },
          { kty: 'XX' },
          { ...rsa, alg: undefined, kid: 'entra' },
          exportJwk(key),
          { ...exportJwk(key), use: 'enc', kid: 'enc' },
        ],
      },
    });
    await keys.load();
    expect(keys.keys.map(({ alg, kid }) => [alg, kid])).toEqual([
      ['RS256', 'entra'],
      ['ES256', 'one'],
    ]);
    expect(verifier.check(sign(secret))).toMatchObject({ code: 'ERR_TOKEN_ALG_NOT_ALLOWED' });
  });
});

describe('age', () => {
  test('a set is fetched again ahead of its end, in the background', async () => {
    const { verifier, fetch, passes, settled } = world({ maxAge: 100, cooldown: 1 });
    await verifier.verify(sign(key));
    passes(79_000);
    expect(verifier.check(sign(key)).ok).toBe(true);
    expect(fetch).toHaveBeenCalledTimes(1);
    passes(2000);
    expect(verifier.check(sign(key)).ok).toBe(true);
    expect(fetch).toHaveBeenCalledTimes(2);
    await settled();
    passes(79_000);
    expect(verifier.check(sign(key)).ok).toBe(true);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('after its end it is not at hand', async () => {
    const { verifier, passes, answers, fetch } = world({ maxAge: 100, cooldown: 1 });
    await verifier.verify(sign(key));
    answers({ body: jwks(next) });
    passes(100_000);
    expect(verifier.check(sign(key))).toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['max-age=60', 60],
    ['public, max-age=60, must-revalidate', 60],
    ['max-age=9999999', 600],
    ['no-store', 30],
    ['max-age=1', 30],
    ['max-age=x', 600],
  ])('Cache-Control %s: %i s', async (header, seconds) => {
    const { keys, fetch, passes, answers } = world();
    answers({ body: jwks(key), headers: { 'cache-control': header } });
    await keys.load();
    passes(seconds * 1000 - 1);
    await keys.load();
    expect(fetch).toHaveBeenCalledTimes(1);
    passes(1);
    await keys.load();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('ETag: 304 keeps the keys and makes them fresh', async () => {
    const { keys, verifier, fetch, passes, answers } = world({ maxAge: 100, cooldown: 1 });
    answers({ body: jwks(key), headers: { etag: '"v1"' } });
    await keys.load();
    answers({ status: 304 });
    passes(100_000);
    await verifier.verify(sign(key));
    expect(fetch.mock.calls[1]?.[1].headers['if-none-match']).toBe('"v1"');
    passes(50_000);
    expect(verifier.check(sign(key)).ok).toBe(true);
  });
});

describe('an unknown kid', () => {
  test('asks once, is remembered, and costs one fetch a cool-down at most', async () => {
    const { verifier, fetch, passes } = world();
    await verifier.verify(sign(key));
    passes(30_000);
    await expect(verifier.verify(sign(next))).rejects.toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    expect(fetch).toHaveBeenCalledTimes(2);
    passes(30_000);
    await expect(verifier.verify(sign(next))).rejects.toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    expect(fetch).toHaveBeenCalledTimes(2);
    for (let n = 0; n < 30; n++) {
      const stranger = createSigner({ key: generateKey('ES256', { kid: `k${n}` }), expiresIn: 60 }).sign();
      await expect(verifier.verify(stranger)).rejects.toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    }
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  test.each([{ keys: [] }, { keys: [{ kty: 'oct', k: 'AAAA' }] }, { keys: [{ kty: 'EC', crv: 'P-256' }] }])(
    'a set without a usable key costs one fetch a cool-down too: %j',
    async body => {
      const { verifier, answers, fetch, passes } = world();
      answers({ body });
      for (let round = 1; round <= 3; round++) {
        for (let n = 0; n < 10; n++)
          await expect(verifier.verify(sign(n % 2 === 0 ? key : next))).rejects.toMatchObject({
            name: 'KeyError',
          });
        expect(fetch.mock.calls.length).toBeLessThanOrEqual(round);
        passes(31_000);
      }
    },
  );

  test('a new key is found after a rotation', async () => {
    const { verifier, passes, answers } = world();
    await verifier.verify(sign(key));
    answers({ body: jwks(key, next) });
    passes(31_000);
    expect((await verifier.verify(sign(next))).key.kid).toBe('two');
    expect(verifier.check(sign(key)).ok).toBe(true);
  });
});

describe('failures', () => {
  const failures: readonly (readonly [string, Answer])[] = [
    ['ERR_JWKS_UNREACHABLE', { error: new TypeError('fetch failed') }],
    ['ERR_JWKS_UNREACHABLE', { status: 500 }],
    ['ERR_JWKS_UNREACHABLE', { status: 302, headers: { location: 'https://evil.example/' } }],
    ['ERR_JWKS_UNREACHABLE', { status: 304 }],
    ['ERR_JWKS_INVALID', { body: '<html>' }],
    ['ERR_JWKS_INVALID', { body: {} }],
    ['ERR_JWKS_INVALID', { body: '{"keys":[],"keys":[]}' }],
    ['ERR_JWKS_INVALID', { body: { keys: [7] } }],
    ['ERR_JWKS_INVALID', { body: { keys: [], pad: 'x'.repeat(300_000) } }],
  ];

  test.each(failures)('%s', async (code, answer) => {
    const { verifier, answers, fetch, keys } = world();
    answers(answer);
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({
      code,
      action: 'retry',
      name: 'KeyError',
    });
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({ code });
    await expect(keys.load()).rejects.toMatchObject({ code });
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('after the cool-down it is tried again', async () => {
    const { verifier, answers, passes } = world();
    answers({ status: 503 });
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({ code: 'ERR_JWKS_UNREACHABLE' });
    answers({ body: jwks(key) });
    passes(30_000);
    expect((await verifier.verify(sign(key))).key.kid).toBe('one');
  });

  test('stale-if-error: the old keys count for a while, and no longer', async () => {
    const { verifier, answers, passes, fetch } = world({ maxAge: 100, staleIfError: 1000 });
    await verifier.verify(sign(key));
    answers({ error: new Error('down') });
    passes(100_000);
    expect((await verifier.verify(sign(key))).key.kid).toBe('one');
    expect(verifier.check(sign(key)).ok).toBe(true);
    passes(999_000);
    expect(verifier.check(sign(key)).ok).toBe(true);
    passes(1000);
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({ code: 'ERR_JWKS_UNREACHABLE' });
    expect(fetch.mock.calls.length).toBeLessThan(5);
  });

  test('a fetch that does not end is ERR_JWKS_TIMEOUT', async () => {
    const { verifier, answers, passes, timers, settled } = world({ timeout: 2 });
    answers({ wait: new Promise(() => {}) });
    const attempt = verifier.verify(sign(key));
    const outcome = expect(attempt).rejects.toMatchObject({ code: 'ERR_JWKS_TIMEOUT' });
    await settled();
    passes(2000);
    await outcome;
    expect(timers).toHaveLength(0);
  });

  test('closed: nothing is fetched any more', async () => {
    const { keys, fetch, verifier } = world();
    keys.close();
    await expect(verifier.verify(sign(key))).rejects.toMatchObject({ code: 'ERR_JWKS_UNREACHABLE' });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe('the URL and the options', () => {
  test('https, or http on this machine', () => {
    for (const good of [
      'https://a.example/',
      'http://localhost:1/',
      'http://127.0.0.1/',
      'http://[::1]:80/',
      'http://127.8.9.1/',
      'http://auth.localhost/',
    ])
      expect(remoteKeySet(good).keys).toEqual([]);
    expect(remoteKeySet(new URL(url)).keys).toEqual([]);
    for (const bad of [
      'http://a.example/',
      'http://127.0.0.1.evil.example/',
      'http://localhost.evil.example/',
      'ftp://localhost/',
      'file:///etc/passwd',
      'https://u:p@a.example/',
      'x',
      '',
      null,
      7,
    ])
      expect(() => remoteKeySet(bad as string)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });

  test('wrong options are refused by name', () => {
    for (const [name, value] of Object.entries({
      maxAge: '600',
      cooldown: -1,
      timeout: 'x',
      staleIfError: {},
      maxBytes: 0,
      fetch: 7,
      alg: 'HS256',
      clock: 1,
      ttl: 1,
    }))
      expect(() => remoteKeySet(url, { [name]: value } as never)).toThrow(`"${name}"`);
  });
});

test('over a real socket: keys are had, redirects are not followed', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/jwks' }).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(jwks(key)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const verifier = (path: string) =>
      createVerifier({ keys: remoteKeySet(`http://127.0.0.1:${port}${path}`), issuer: null, audience: null });
    expect((await verifier('/jwks').verify(sign(key))).key.kid).toBe('one');
    await expect(verifier('/moved').verify(sign(key))).rejects.toThrow('redirects');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
