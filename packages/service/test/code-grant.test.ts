/** `POST /token` with an authorization code: RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9449 section 10, over HTTP. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '@revocable/service';
import { decode } from 'revocable';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  CALLBACK,
  type Fields,
  type Flow,
  flowOf,
  newPkce,
  type Pkce,
  type TokenAnswer,
} from './code-flow.ts';
import { type ListeningWorld, openListeningWorld } from './listening.ts';
import { createProver, type Prover } from './prover.ts';
import { basicHeader, type Person } from './world.ts';

const CLIENTS: NonNullable<ServiceConfig['clients']> = [
  {
    client_id: 'shop',
    client_name: 'The Shop',
    redirect_uris: [CALLBACK],
    scope: 'read write revocable:read',
  },
  { client_id: 'other', redirect_uris: [CALLBACK] },
  { client_id: 'narrow', redirect_uris: [CALLBACK], grant_types: ['refresh_token'] },
  { client_id: 'server', client_secret: 'server-secret', redirect_uris: [CALLBACK], audience: 'warehouse' },
  { client_id: 'bound', redirect_uris: [CALLBACK], dpop_bound_access_tokens: true },
  { client_id: 'stock', client_secret: 'stock-secret' },
];

const folder = mkdtempSync(join(tmpdir(), 'revocable-code-'));
let world: ListeningWorld;
let flow: Flow;
let person: Person;
beforeAll(async () => {
  world = await openListeningWorld({ store: `file:${folder}/data`, clients: CLIENTS });
  flow = flowOf(world);
  person = await world.newPerson();
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const server = (secret: string) => ({ authorization: basicHeader('server', secret) });
const over = { status: 400, error: 'invalid_grant', action: 'login' };

/** A code with its verifier, for whoever is signed in. */
async function newCode(fields: Fields = {}, cookie: string = person.cookie) {
  const pkce = newPkce();
  return { pkce, code: await flow.code(cookie, pkce, fields) };
}

describe('a code and its verifier', () => {
  it('open a session: tokens, lifetimes, and no-store', async () => {
    const { code, pkce } = await newCode();
    const answer = await fetch(`${world.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'shop',
        redirect_uri: CALLBACK,
        code,
        code_verifier: pkce.verifier,
      }),
    });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('set-cookie')).toBeNull();
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read write',
      refresh_token: expect.stringMatching(/^[\w-]+\.0\.[\w-]{43}$/),
      refresh_token_timeout: 7 * 86_400,
      authorization_expires_in: expect.any(Number),
    });
    expect(body.authorization_expires_in).toBeGreaterThan(30 * 86_400 - 600);
    expect(body.authorization_expires_in).toBeLessThanOrEqual(30 * 86_400);
    const { claims } = decode(String(body.access_token));
    expect(claims).toMatchObject({ iss: world.url, sub: person.subject, client_id: 'shop', aud: 'api' });
    expect(claims).toMatchObject({ scope: 'read write', preferred_username: expect.any(String) });
  });

  it('give the scopes that were asked for, and the client’s own audience', async () => {
    const { scope } = await flow.signIn(person.cookie, { scope: 'read' });
    expect(scope).toBe('read');
    const { code, pkce } = await newCode({ client_id: 'server' });
    const answer = await flow.redeem(code, pkce, { client_id: undefined }, server('server-secret'));
    expect(decode(answer.access_token ?? '').claims).toMatchObject({ aud: 'warehouse', client_id: 'server' });
  });

  it('give a refresh token that goes on', async () => {
    const { refresh_token } = await flow.signIn(person.cookie);
    const answer = await flow.refresh(refresh_token);
    expect(answer).toMatchObject({ status: 200, scope: 'read write', refresh_token_timeout: 7 * 86_400 });
    expect(answer.refresh_token).toBeDefined();
    expect(await flow.refresh(refresh_token, 'other')).toMatchObject(over);
  });

  it('leave no code, verifier or token in the store: its files say nothing', async () => {
    const { code, pkce } = await newCode();
    const answer = await flow.redeem(code, pkce);
    const bytes = readdirSync(`${folder}/data`, { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile())
      .map(entry => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
      .join('');
    for (const secret of [code, pkce.verifier, answer.refresh_token ?? '', answer.access_token ?? ''])
      expect(bytes.includes(secret)).toBe(false);
    expect(bytes).toContain(pkce.challenge);
  });
});

describe('the session that a code opens', () => {
  const sessions = async (cookie: string) =>
    (await (await world.send('/sessions', { cookie })).json()).sessions;

  it('is a child of the login: the same refresh_modified_at, listed with it, its use counts', async () => {
    const own = await world.newPerson();
    const { access_token, refresh_token } = await flow.signIn(own.cookie);
    const { claims } = decode(access_token);
    const login = decode(await world.accessToken(own.cookie)).claims;
    expect(claims.refresh_modified_at).toBe(login.refresh_modified_at);
    expect(claims.sid).not.toBe(login.sid);
    const listed = await sessions(own.cookie);
    const [child, parent] = [claims.sid, own.session].map(id =>
      listed.find((each: { id: string }) => each.id === id),
    );
    expect(child).toMatchObject({ parent_id: own.session, client_id: 'shop', current: false });
    const before = parent.last_used_at;
    await vi.waitFor(async () => {
      expect((await flow.refresh(refresh_token)).status).toBe(200);
      const later = (await sessions(own.cookie)).find((each: { id: string }) => each.id === own.session);
      expect(later.last_used_at > before).toBe(true);
    });
    const page = await world.send('/account', { cookie: own.cookie });
    expect(await page.text()).toContain('apps: The Shop');
  });

  it.each([
    ['logout', (cookie: string) => world.send('/logout', { method: 'POST', cookie })],
    ['logout everywhere', (cookie: string) => world.send('/logout', { form: { all: 'true' }, cookie })],
  ])('ends with it: %s', async (_, end) => {
    const own = await world.newPerson();
    const { access_token, refresh_token } = await flow.signIn(own.cookie);
    expect(await world.isActive(access_token)).toBe(true);
    await end(own.cookie);
    expect(await world.isActive(access_token)).toBe(false);
    expect(await flow.refresh(refresh_token)).toMatchObject(over);
  });

  it('ends alone when the client revokes its refresh token', async () => {
    const own = await world.newPerson();
    const { refresh_token } = await flow.signIn(own.cookie);
    const revoked = await world.send('/revoke', { form: { token: refresh_token, client_id: 'shop' } });
    expect(revoked.status).toBe(200);
    expect(await flow.refresh(refresh_token)).toMatchObject(over);
    expect((await world.send('/refresh', { method: 'POST', cookie: own.cookie })).status).toBe(200);
  });

  it('shows an application its own sessions alone, and lets it end no other', async () => {
    const own = await world.newPerson();
    const shop = await flow.signIn(own.cookie);
    const other = await flow.signIn(own.cookie, { client_id: 'other' }).catch(() => undefined);
    expect(other).toBeUndefined(); // the shop cannot redeem what was given to another
    const otherTokens = await flowOf(world, 'other').signIn(own.cookie);
    const bearer = shop.access_token;
    const { sessions: seen } = await (await world.send('/sessions', { bearer })).json();
    const sid = decode(bearer).claims.sid;
    expect(seen).toMatchObject([{ id: sid, parent_id: own.session, client_id: 'shop', current: true }]);
    const end = async (id: unknown) =>
      (await world.send(`/sessions/${String(id)}`, { method: 'DELETE', bearer })).status;
    expect(await end(own.session)).toBe(404);
    expect(await end(decode(otherTokens.access_token).claims.sid)).toBe(404);
    expect((await sessions(own.cookie)).length).toBe(3);
    expect(await end(sid)).toBe(204);
    expect((await sessions(own.cookie)).length).toBe(2);
  });

  it('is in the audit log with ids, never a token', async () => {
    const { access_token } = await flow.signIn(person.cookie);
    const { sid } = decode(access_token).claims;
    const log = await world.send('/admin/api/audit?event=app_signed_in', {
      cookie: await world.adminCookie(),
    });
    const { events } = await log.json();
    expect(events[0]).toMatchObject({ actor: person.subject, detail: { client: 'shop', session: sid } });
  });
});

describe('what is refused uses nothing up', () => {
  type Wrong = readonly [string, Fields, Partial<TokenAnswer>, Record<string, string>];
  const wrong: readonly Wrong[] = [
    ['another verifier', { code_verifier: newPkce().verifier }, over, {}],
    ['the challenge as verifier', { code_verifier: 'challenge' }, over, {}],
    ['no verifier', { code_verifier: undefined }, { status: 400, error: 'invalid_request' }, {}],
    ['two verifiers', { code_verifier: ['a', 'b'] }, { status: 400, error: 'invalid_request' }, {}],
    ['another client', { client_id: 'other' }, over, {}],
    ['no client', { client_id: undefined }, { status: 401, error: 'invalid_client' }, {}],
    ['an unknown client', { client_id: 'nobody' }, { status: 401, error: 'invalid_client' }, {}],
    ['another client with a wrong secret', { client_id: undefined }, { status: 401 }, server('wrong')],
    [
      'a client without the grant',
      { client_id: 'narrow' },
      { status: 400, error: 'unauthorized_client' },
      {},
    ],
    ['another address', { redirect_uri: `${CALLBACK}/` }, over, {}],
    ['no address', { redirect_uri: undefined }, { status: 400, error: 'invalid_request' }, {}],
    ['no code', { code: undefined }, { status: 400, error: 'invalid_request' }, {}],
    ['another code', { code: 'x'.repeat(43) }, over, {}],
    ['a code with more', { code: 'code:x' }, over, {}],
  ];

  it.each(wrong)('%s', async (_, fields, refusal, headers) => {
    const { code, pkce } = await newCode();
    const given = fields.code_verifier === 'challenge' ? { code_verifier: pkce.challenge } : fields;
    expect(await flow.redeem(code, pkce, given, headers)).toMatchObject(refusal);
    expect((await flow.redeem(code, pkce)).status).toBe(200);
  });

  it('a confidential client redeems with its secret alone', async () => {
    const { code, pkce } = await newCode({ client_id: 'server' });
    const unproved = await flow.redeem(code, pkce, { client_id: 'server' });
    expect(unproved).toMatchObject({ status: 401, error: 'invalid_client' });
    expect((await flow.redeem(code, pkce, { client_id: undefined }, server('server-secret'))).status).toBe(
      200,
    );
  });

  it('no code and no verifier is taken from the query', async () => {
    const { code, pkce } = await newCode();
    const query = `code=${code}&code_verifier=${pkce.verifier}&redirect_uri=${encodeURIComponent(CALLBACK)}`;
    const form = { grant_type: 'authorization_code', client_id: 'shop' };
    const answer = await world.send(`/token?${query}`, { form });
    expect([answer.status, (await answer.json()).error]).toEqual([400, 'invalid_request']);
  });
});

describe('one use', () => {
  it('a second valid use ends the session that the first has opened, and that one alone', async () => {
    const own = await world.newPerson();
    const { code, pkce } = await newCode({}, own.cookie);
    const bystander = await flow.signIn(own.cookie);
    const first = await flow.redeem(code, pkce);
    expect(await world.isActive(first.access_token ?? '')).toBe(true);
    expect(await flow.redeem(code, pkce)).toMatchObject(over);
    expect(await world.isActive(first.access_token ?? '')).toBe(false);
    expect(await flow.refresh(first.refresh_token ?? '')).toMatchObject(over);
    expect(await world.isActive(bystander.access_token)).toBe(true);
    expect((await world.send('/refresh', { method: 'POST', cookie: own.cookie })).status).toBe(200);
    const log = await world.send('/admin/api/audit?event=code.reuse', { cookie: await world.adminCookie() });
    const { events } = await log.json();
    const { sid } = decode(first.access_token ?? '').claims;
    expect(events[0]).toMatchObject({ subject: own.subject, detail: { client: 'shop', session: sid } });
  });

  it.each([
    ['another verifier', { code_verifier: newPkce().verifier }],
    ['another client', { client_id: 'other' }],
    ['another address', { redirect_uri: 'https://shop.example/other' }],
  ])('a second use with %s ends nothing', async (_, fields) => {
    const { code, pkce } = await newCode();
    const first = await flow.redeem(code, pkce);
    expect(await flow.redeem(code, pkce, fields)).toMatchObject(over);
    expect(await world.isActive(first.access_token ?? '')).toBe(true);
    expect((await flow.refresh(first.refresh_token ?? '')).status).toBe(200);
  });

  it('of many at once one at most gets tokens, and those are taken back', async () => {
    for (let round = 0; round < 5; round++) {
      const { code, pkce } = await newCode();
      const answers = await Promise.all(Array.from({ length: 8 }, () => flow.redeem(code, pkce)));
      const given = answers.filter(answer => answer.status === 200);
      expect(given.length).toBeLessThanOrEqual(1);
      expect(answers.filter(answer => answer.error === 'invalid_grant')).toHaveLength(8 - given.length);
      for (const { access_token, refresh_token } of given) {
        expect(await world.isActive(access_token ?? '')).toBe(false);
        expect(await flow.refresh(refresh_token ?? '')).toMatchObject(over);
      }
    }
  });
});

describe('begin before you look', () => {
  const takeBack = async (order: object) => {
    const answer = await world.send('/admin/api/revocations', {
      json: order,
      cookie: await world.adminCookie(),
    });
    expect(answer.status).toBe(200);
  };

  it.each([
    ['both planes', 'session'],
    ['refresh tokens', 'refresh'],
  ])('a person taken back (%s) between code and redemption gets nothing', async (_, plane) => {
    const own = await world.newPerson();
    const { code, pkce } = await newCode({}, own.cookie);
    await takeBack({ target: { subject: own.subject }, plane });
    expect(await flow.redeem(code, pkce)).toMatchObject(over);
  });

  it('nor after the login session alone has ended, the account was disabled, or the password changed', async () => {
    const ways = [
      (own: Person) => world.send('/logout', { method: 'POST', cookie: own.cookie }),
      async (own: Person) =>
        world.send(`/admin/api/users/${own.subject}`, {
          method: 'PATCH',
          json: { disabled: true },
          cookie: await world.adminCookie(),
        }),
      (own: Person) =>
        world.send('/account/password', {
          form: { current: 'ada-loves-engines', new: 'grace-loves-compilers' },
          cookie: own.cookie,
        }),
    ];
    for (const way of ways) {
      const own = await world.newPerson();
      const { code, pkce } = await newCode({}, own.cookie);
      expect((await way(own)).status).toBeLessThan(400);
      expect(await flow.redeem(code, pkce)).toMatchObject(over);
    }
  });

  it('roles that changed between the two are in the token as they are now', async () => {
    const own = await world.newPerson(['auditor']);
    const { code, pkce } = await newCode({}, own.cookie);
    const json = { roles: [] };
    const cookie = await world.adminCookie();
    await world.send(`/admin/api/users/${own.subject}`, { method: 'PATCH', json, cookie });
    const { access_token } = await flow.redeem(code, pkce);
    expect(decode(access_token ?? '').claims.roles).toBeUndefined();
    expect(await world.isActive(access_token ?? '')).toBe(true);
  });

  it('whichever way a redemption and a revocation fall, nothing is active afterwards', async () => {
    for (let round = 0; round < 12; round++) {
      const own = await world.newPerson();
      const { code, pkce } = await newCode({}, own.cookie);
      const [answer] = await Promise.all([
        flow.redeem(code, pkce),
        takeBack({ target: { subject: own.subject } }),
      ]);
      if (answer.status === 200) expect(await world.isActive(answer.access_token ?? '')).toBe(false);
      else expect(answer).toMatchObject(over);
    }
  });
});

describe('DPoP (RFC 9449 section 10)', () => {
  let prover: Prover;
  beforeAll(() => {
    prover = createProver(world.url);
  });

  /** As a client does: sends again with the nonce that a refusal brings. */
  async function redeem(code: string, pkce: Pkce, fields: Fields = {}, by = prover): Promise<TokenAnswer> {
    const nonce = await newNonce();
    return flow.redeem(code, pkce, fields, { dpop: by.prove({ nonce }) });
  }
  async function newNonce(): Promise<string> {
    const form = { grant_type: 'client_credentials', client_id: 'stock', client_secret: 'stock-secret' };
    const answer = await world.send('/token', { form, headers: { dpop: prover.prove() } });
    return answer.headers.get('dpop-nonce') ?? '';
  }

  it('a proof binds the tokens of a public client, its refresh tokens too', async () => {
    const { code, pkce } = await newCode();
    const answer = await redeem(code, pkce);
    expect(answer).toMatchObject({ status: 200, token_type: 'DPoP' });
    expect(decode(answer.access_token ?? '').claims.cnf).toEqual({ jkt: prover.jkt });
    const { refresh_token = '' } = answer;
    expect(await flow.refresh(refresh_token)).toMatchObject({ status: 400, code: 'ERR_TOKEN_CLAIM' });
    const form = { grant_type: 'refresh_token', client_id: 'shop', refresh_token };
    const thief = createProver(world.url).prove({ nonce: await newNonce() });
    expect((await flow.token(form, { dpop: thief })).status).toBe(400);
    const own = await flow.token(form, { dpop: prover.prove({ nonce: await newNonce() }) });
    expect(own).toMatchObject({ status: 200, token_type: 'DPoP' });
  });

  it('of a confidential client the access token alone', async () => {
    const { code, pkce } = await newCode({ client_id: 'server' });
    const dpop = prover.prove({ nonce: await newNonce() });
    const answer = await flow.redeem(
      code,
      pkce,
      { client_id: undefined },
      { ...server('server-secret'), dpop },
    );
    expect(answer).toMatchObject({ status: 200, token_type: 'DPoP' });
    const form = { grant_type: 'refresh_token', refresh_token: answer.refresh_token };
    expect((await flow.token(form, server('server-secret'))).status).toBe(200);
  });

  it('with dpop_jkt the proof must be of that key, and a wrong one uses nothing up', async () => {
    const { code, pkce } = await newCode({ dpop_jkt: prover.jkt });
    expect(await flow.redeem(code, pkce)).toMatchObject(over);
    expect(await redeem(code, pkce, {}, createProver(world.url))).toMatchObject(over);
    expect(await flow.redeem(code, pkce, {}, { dpop: 'nonsense' })).toMatchObject(over);
    expect(await redeem(code, pkce)).toMatchObject({ status: 200, token_type: 'DPoP' });
  });

  it('a proof that is asked for a nonce, or is wrong, uses nothing up', async () => {
    const { code, pkce } = await newCode({ dpop_jkt: prover.jkt });
    const bare = await flow.redeem(code, pkce, {}, { dpop: prover.prove() });
    expect(bare).toMatchObject({ status: 400, error: 'use_dpop_nonce', action: 'retry' });
    const wrong = prover.prove({ nonce: await newNonce(), path: '/elsewhere' });
    expect(await flow.redeem(code, pkce, {}, { dpop: wrong })).toMatchObject({ error: 'invalid_dpop_proof' });
    expect((await redeem(code, pkce)).status).toBe(200);
  });

  it('a client that said it would always prove gets nothing without', async () => {
    const { code, pkce } = await newCode({ client_id: 'bound' });
    const bare = await flow.redeem(code, pkce, { client_id: 'bound' });
    expect(bare).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    expect(await redeem(code, pkce, { client_id: 'bound' })).toMatchObject({
      status: 200,
      token_type: 'DPoP',
    });
  });
});

describe('sixty seconds', () => {
  afterEach(() => vi.useRealTimers());

  it('a code lives no longer', async () => {
    const own = await openListeningWorld({ clients: CLIENTS });
    const ownFlow = flowOf(own);
    const { cookie } = await own.newPerson();
    const [inTime, late] = [newPkce(), newPkce()];
    const codes = [await ownFlow.code(cookie, inTime), await ownFlow.code(cookie, late)];
    const given = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: given + 55_000 });
    const first = await ownFlow.redeem(codes[0] ?? '', inTime);
    expect(first.status).toBe(200);
    vi.setSystemTime(given + 60_000);
    expect(await ownFlow.redeem(codes[1] ?? '', late)).toMatchObject(over);
    expect(await own.isActive(first.access_token ?? '')).toBe(true);
    // The one that was used is remembered for longer: whoever comes with it shows that two have it.
    expect(await ownFlow.redeem(codes[0] ?? '', inTime)).toMatchObject(over);
    expect(await own.isActive(first.access_token ?? '')).toBe(false);
    await own.close();
  });
});

describe('what everybody may know', () => {
  it.each(['oauth-authorization-server', 'openid-configuration'])('%s names it (RFC 8414)', async name => {
    const metadata = await (await fetch(`${world.url}/.well-known/${name}`)).json();
    expect(metadata).toMatchObject({
      issuer: world.url,
      authorization_endpoint: `${world.url}/authorize`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });
});
