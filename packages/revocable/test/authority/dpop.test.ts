/** Sender-bound tokens on each store: RFC 9449 sections 5, 6 and 8. */
import {
  type Authority,
  type AuthorityOptions,
  createAuthority,
  createKeySet,
  createVerifier,
  type DpopRequest,
  decode,
  openStore,
  RevocableError,
  type Store,
} from 'revocable';
import { importJwk } from 'revocable/keys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProver, type Prover, TOKEN_URL, type Wish } from '../jose/prover.ts';
import { dataFolders } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

const ISSUER = 'https://auth.example';
const SECRET = 'a root secret of thirty-two bytes or more';
const API = 'https://api.example/orders';
const folder = dataFolders();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let redisUsed = 0;
const LOCATIONS: Readonly<Record<string, () => string>> = {
  memory: () => 'memory:',
  embedded: () => `file:${folder()}`,
  Redis: () => `${redis.url}/${redisUsed++ % 16}`,
};

const refusalOf = (
  promise: Promise<unknown>,
): Promise<{ code: string; claim?: string; fault?: string; nonce?: string }> =>
  promise.then(
    () => ({ code: 'none' }),
    (error: unknown) => {
      if (error instanceof RevocableError) return error as never;
      throw error;
    },
  );

describe.each(Object.keys(LOCATIONS))('on %s', name => {
  let store: Store;
  let authority: Authority;
  let prover: Prover;
  const open = async (options: Partial<AuthorityOptions> = {}): Promise<Authority> =>
    createAuthority({
      store,
      issuer: ISSUER,
      audience: 'api',
      signing: { alg: 'ES256' },
      secret: SECRET,
      ...options,
    });
  const sent = (wish: Wish = {}, by: Prover = prover): DpopRequest => ({
    proof: by.prove(wish),
    method: 'POST',
    url: TOKEN_URL,
  });

  beforeEach(async () => {
    if (name === 'Redis') await redis.command('FLUSHALL');
    store = await openStore(LOCATIONS[name]?.() ?? '');
    authority = await open();
    prover = createProver();
  });
  afterEach(async () => {
    await authority.close();
    await store.close();
  });

  /** All of a store that a refresh may write. */
  const stateOf = async (session: string): Promise<string> => {
    const begun = await store.begin();
    const state = {
      head: 'head' in begun && begun.head,
      session: await store.session(session),
      sessions: await store.count({ kind: 'everyone' }),
      cuts: await store.cuts(),
      proofs: await store.records('dpop').list(),
      audit: await store.audit.list(),
    };
    return JSON.stringify([state, name === 'Redis' ? await redisState() : undefined]);
  };
  const redisState = async (): Promise<string> => {
    const script = `local all = redis.call('KEYS', '*') table.sort(all) local out = {}
      for _, key in ipairs(all) do if not string.find(key, 'replica') then out[#out + 1] = key .. redis.sha1hex(redis.call('DUMP', key)) end end
      return table.concat(out, ' ')`;
    return redis.command('EVAL', script, '0');
  };

  test('issue binds the access token and the session', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    expect(pair.tokenType).toBe('DPoP');
    expect(decode(pair.accessToken).claims['cnf']).toEqual({ jkt: prover.jkt });
    expect(await store.session(pair.sessionId)).toMatchObject({ jkt: prover.jkt });
    expect((await authority.sessions.list({ subject: 'ada' }))[0]?.jkt).toBe(prover.jkt);
  });

  test('an unbound session has no such thing', async () => {
    const none: DpopRequest = { proof: undefined, method: 'POST', url: TOKEN_URL };
    for (const options of [{}, { dpop: none }]) {
      const pair = await authority.issue({ subject: 'ada', ...options });
      expect(pair.tokenType).toBe('Bearer');
      expect(decode(pair.accessToken).claims).not.toHaveProperty('cnf');
      expect(await store.session(pair.sessionId)).not.toHaveProperty('jkt');
      expect((await authority.refresh(pair.refreshToken, options)).tokenType).toBe('Bearer');
    }
  });

  test('a bound refresh token renews with a proof of its key, for the whole family', async () => {
    let pair = await authority.issue({
      subject: 'ada',
      client: 'spa',
      dpop: sent(),
      claims: { roles: ['x'] },
    });
    for (let i = 0; i < 3; i++) {
      pair = await authority.refresh(pair.refreshToken, {
        client: 'spa',
        dpop: sent(),
        claims: async () => ({ roles: [i] }),
      });
      expect(pair.tokenType).toBe('DPoP');
      expect(decode(pair.accessToken).claims).toMatchObject({ cnf: { jkt: prover.jkt }, roles: [i] });
    }
  });

  test('without a proof, or with a wrong one, nothing at all changes', async () => {
    const { refreshToken, sessionId } = await authority.issue({
      subject: 'ada',
      client: 'spa',
      dpop: sent(),
    });
    const before = await stateOf(sessionId);
    const good = sent();
    const wrong: readonly (readonly [DpopRequest | undefined, object])[] = [
      [undefined, { code: 'ERR_TOKEN_CLAIM', claim: 'cnf', reason: 'mismatch' }],
      [
        { ...good, proof: undefined },
        { code: 'ERR_TOKEN_CLAIM', claim: 'cnf', reason: 'mismatch' },
      ],
      [sent({}, createProver()), { code: 'ERR_TOKEN_CLAIM', claim: 'cnf', reason: 'mismatch' }],
      [
        { ...good, method: 'GET' },
        { code: 'ERR_TOKEN_PROOF', fault: 'htm' },
      ],
      [
        { ...good, url: `${ISSUER}/other` },
        { code: 'ERR_TOKEN_PROOF', fault: 'htu' },
      ],
      [
        { ...good, proof: 'garbage' },
        { code: 'ERR_TOKEN_PROOF', fault: 'form' },
      ],
      [
        { ...good, proof: [String(good.proof), String(good.proof)] },
        { code: 'ERR_TOKEN_PROOF', fault: 'form' },
      ],
      [sent({ iat: 1 }), { code: 'ERR_TOKEN_PROOF', fault: 'iat' }],
      [sent({ header: { jwk: undefined } }), { code: 'ERR_TOKEN_PROOF', fault: 'jwk' }],
    ];
    for (const [dpop, error] of wrong) {
      expect(await refusalOf(authority.refresh(refreshToken, { client: 'spa', dpop }))).toMatchObject(error);
      expect(await stateOf(sessionId)).toBe(before);
    }
    expect(await refusalOf(authority.refresh(refreshToken, { client: 'other', dpop: good }))).toMatchObject({
      claim: 'client_id',
    });
    expect(await stateOf(sessionId)).toBe(before);
    expect((await authority.refresh(refreshToken, { client: 'spa', dpop: good })).tokenType).toBe('DPoP');
  });

  test('a stolen refresh token does nothing without the key, in grace too, and its family lives', async () => {
    const { refreshToken } = await authority.issue({ subject: 'ada', dpop: sent() });
    await authority.refresh(refreshToken, { dpop: sent() });
    for (let i = 0; i < 3; i++)
      expect(
        (await refusalOf(authority.refresh(refreshToken, { dpop: sent({}, createProver()) }))).claim,
      ).toBe('cnf');
    expect((await authority.refresh(refreshToken, { dpop: sent() })).tokenType).toBe('DPoP');
  });

  test('a proof is good once, on all machines together', async () => {
    const second = await open();
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    const dpop = sent();
    await authority.refresh(pair.refreshToken, { dpop });
    for (const one of [authority, second]) {
      const before = await stateOf(pair.sessionId);
      expect(await refusalOf(one.refresh(pair.refreshToken, { dpop }))).toMatchObject({
        code: 'ERR_TOKEN_PROOF',
        fault: 'replay',
      });
      expect(await refusalOf(one.issue({ subject: 'ada', dpop }))).toMatchObject({ fault: 'replay' });
      expect(await stateOf(pair.sessionId)).toBe(before);
    }
    const racing = sent();
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        refusalOf((i % 2 ? authority : second).issue({ subject: 'bob', dpop: racing })),
      ),
    );
    expect(verdicts.filter(({ code }) => code === 'none')).toHaveLength(1);
    await second.close();
  });

  test('nonces: all machines take each other’s, and the refusal brings one', async () => {
    const [one, two] = [await open({ dpop: { nonce: true } }), await open({ dpop: { nonce: true } })];
    const { sessionId, refreshToken } = await authority.issue({ subject: 'ada', dpop: sent() });
    const before = await stateOf(sessionId);
    const { code, nonce } = await refusalOf(one.refresh(refreshToken, { dpop: sent() }));
    expect(code).toBe('ERR_TOKEN_NONCE');
    expect(await stateOf(sessionId)).toBe(before);
    expect(one.dpop.nonce()).toBe(two.dpop.nonce());
    const pair = await two.refresh(refreshToken, { dpop: sent({ nonce: nonce as string }) });
    const request = { method: 'GET', url: API };
    const proof = prover.prove({ ...request, token: pair.accessToken, nonce: nonce as string });
    const { claims } = await one.verifier.verify(pair.accessToken, { dpop: { ...request, proof } });
    expect(claims.sub).toBe('ada');
    expect(authority.dpop.nonce()).toBeUndefined();
    await one.close();
    await two.close();
  });

  test('where nothing comes of a request its proof is not used up', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    const dpop = sent();
    const before = await stateOf(pair.sessionId);
    const claims = async (): Promise<never> => {
      throw new RangeError('the directory is down');
    };
    await expect(authority.refresh(pair.refreshToken, { dpop, claims })).rejects.toThrow(RangeError);
    expect(await stateOf(pair.sessionId)).toBe(before);
    expect((await authority.refresh(pair.refreshToken, { dpop })).tokenType).toBe('DPoP');

    const begun = await authority.begin();
    await authority.revoke({ subject: 'bob' });
    const login = sent();
    expect((await refusalOf(authority.issue({ subject: 'bob', begun, dpop: login }))).code).toBe(
      'ERR_BEGIN_OUTDATED',
    );
    const again = await authority.issue({ subject: 'bob', begun: await authority.begin(), dpop: login });
    expect(again.tokenType).toBe('DPoP');
    expect((await refusalOf(authority.issue({ subject: 'bob', dpop: login }))).fault).toBe('replay');
  });

  test('an access token alone can be bound, and a session of a client that authenticates', async () => {
    const token = await authority.issue({ subject: 'job', client: 'job', refresh: false, dpop: sent() });
    expect(token.tokenType).toBe('DPoP');
    const pair = await authority.issue({ subject: 'ada', client: 'web', dpop: sent(), bind: 'access' });
    expect(pair.tokenType).toBe('DPoP');
    expect(await store.session(pair.sessionId)).not.toHaveProperty('jkt');
    const other = createProver();
    const next = await authority.refresh(pair.refreshToken, {
      client: 'web',
      dpop: sent({}, other),
      bind: 'access',
    });
    expect(decode(next.accessToken).claims['cnf']).toEqual({ jkt: other.jkt });
    expect((await authority.refresh(next.refreshToken, { client: 'web' })).tokenType).toBe('Bearer');
  });

  test('a session that was opened without a key is not bound later', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    const before = await stateOf(pair.sessionId);
    expect(await refusalOf(authority.refresh(pair.refreshToken, { dpop: sent() }))).toMatchObject({
      claim: 'cnf',
      reason: 'missing',
    });
    expect(await stateOf(pair.sessionId)).toBe(before);
  });

  test('"none" does not rotate a bound session', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent(), refresh: 'none' });
    const next = await authority.refresh(pair.refreshToken, { dpop: sent() });
    expect(next.refreshToken).toBe(pair.refreshToken);
  });

  test('a refresh token as a JWT is bound alike', async () => {
    const jwts = await open({ refresh: { format: 'jwt' } });
    const pair = await jwts.issue({ subject: 'ada', dpop: sent() });
    expect(decode(pair.refreshToken).claims['cnf']).toEqual({ jkt: prover.jkt });
    expect((await refusalOf(jwts.refresh(pair.refreshToken))).claim).toBe('cnf');
    expect((await jwts.refresh(pair.refreshToken, { dpop: sent() })).tokenType).toBe('DPoP');
    await jwts.close();
  });
});

describe('beside the store', () => {
  let store: Store;
  let authority: Authority;
  const prover = createProver();
  const sent = (wish: Wish = {}): DpopRequest => ({
    proof: prover.prove(wish),
    method: 'POST',
    url: TOKEN_URL,
  });
  beforeEach(async () => {
    store = await openStore('memory:');
    authority = await createAuthority({ store, issuer: ISSUER, audience: 'api', signing: { alg: 'ES256' } });
  });
  afterEach(async () => {
    await authority.close();
    await store.close();
  });

  test('introspection says to which key a token is bound, and judges the binding only when asked to', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    const cnf = { jkt: prover.jkt };
    expect(await authority.introspect(pair.accessToken)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf,
    });
    expect(await authority.introspect(pair.refreshToken)).toMatchObject({
      active: true,
      token_type: 'refresh_token',
      cnf,
    });
    const request = { method: 'GET', url: API };
    const proof = prover.prove({ ...request, token: pair.accessToken });
    expect(await authority.introspect(pair.accessToken, { dpop: { ...request, proof } })).toMatchObject({
      active: true,
    });
    expect(
      await refusalOf(authority.introspect(pair.accessToken, { dpop: { ...request, proof } })),
    ).toMatchObject({ fault: 'replay' });
    expect(await refusalOf(authority.introspect(pair.accessToken, {}))).toMatchObject({ claim: 'cnf' });
    const plain = await authority.issue({ subject: 'ada' });
    expect(await authority.introspect(plain.accessToken, {})).not.toHaveProperty('token_type');
  });

  test('whoever takes a bound token back need not hold it', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    expect((await authority.revoke({ token: pair.accessToken })).known).toBe(true);
    expect(await authority.introspect(pair.accessToken)).toEqual({ active: false });
  });

  test('a verifier elsewhere takes it, with what came with the request', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    const keys = createKeySet(authority.jwks().keys.map(jwk => importJwk(jwk)));
    const verifier = createVerifier({ keys, issuer: ISSUER, audience: 'api' });
    const request = { method: 'GET', url: API };
    const proof = prover.prove({ ...request, token: pair.accessToken });
    expect((await verifier.verify(pair.accessToken, { dpop: { ...request, proof } })).claims.sub).toBe('ada');
    expect(await refusalOf(verifier.verify(pair.accessToken))).toMatchObject({ claim: 'cnf' });
  });

  test('a store that was tampered with sets no bound refresh token free', async () => {
    const pair = await authority.issue({ subject: 'ada', dpop: sent() });
    const honest = store.session.bind(store);
    const freed: Store = {
      ...store,
      session: async id => {
        const { jkt: _, ...row } = (await honest(id)) ?? ({} as never);
        return row as never;
      },
    };
    const robbed = await createAuthority({
      store: freed,
      issuer: ISSUER,
      audience: 'api',
      signing: { alg: 'ES256' },
    });
    expect((await refusalOf(robbed.refresh(pair.refreshToken))).code).toBe('ERR_TOKEN_SIGNATURE');
    await robbed.close();
  });

  test('another confirmation of the caller’s stays beside ours', async () => {
    const claims = { cnf: { 'x5t#S256': 'abc', jkt: 'not this' } };
    const pair = await authority.issue({ subject: 'ada', dpop: sent(), claims });
    expect(decode(pair.accessToken).claims['cnf']).toEqual({ 'x5t#S256': 'abc', jkt: prover.jkt });
  });

  test.each([
    ['bind', { bind: 'both' }],
    ['a URL that is a path', { dpop: { proof: 'x', method: 'POST', url: '/token' } }],
  ])('wrong use: %s', async (_, options) => {
    expect((await refusalOf(authority.issue({ subject: 'ada', ...options } as never))).code).toBe(
      'ERR_CONFIG_INVALID',
    );
  });
  test('wrong options of the authority', async () => {
    for (const dpop of [{ nonce: 'yes' }, { window: 'long' }, { nonces: true }])
      expect(
        (await refusalOf(createAuthority({ store, issuer: ISSUER, audience: 'api', dpop } as never))).code,
      ).toBe('ERR_CONFIG_INVALID');
  });
});
