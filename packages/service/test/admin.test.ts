import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, ISSUER, openWorld, PASSWORD, type Sending, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ feed: 'public' });
});
afterAll(() => world.close());

const admin = async (path: string, sending: Sending = {}) =>
  world.send(`/admin/api${path}`, { cookie: await world.adminCookie(), ...sending });
const bodyOf = async (answer: Answer) => ({ status: answer.status, ...(await answer.json()) });
const refreshStatus = async (cookie: string) =>
  (await world.send('/refresh', { method: 'POST', cookie })).status;

describe('/admin/api/users', () => {
  it('makes a user with a random subject, and never shows a hash', async () => {
    const made = await admin('/users', {
      json: { username: 'Grace.Hopper', password: PASSWORD, roles: ['auditor'] },
    });
    const body = await bodyOf(made);
    expect(body).toEqual({
      status: 201,
      subject: expect.stringMatching(/^u_[a-z0-9]{20}$/),
      username: 'Grace.Hopper',
      roles: ['auditor'],
      disabled: false,
      has_password: true,
      created_at: expect.stringMatching(/Z$/),
    });
    expect(made.headers.get('location')).toBe(`${ISSUER}/admin/api/users/${body.subject}`);
    expect(await bodyOf(await admin(`/users/${body.subject}`))).toEqual({ ...body, status: 200 });
  });

  it('finds by a part of the name or by the id', async () => {
    const { subject, username } = await world.newPerson();
    for (const q of [username.toUpperCase(), subject]) {
      const { users } = await (await admin(`/users?q=${encodeURIComponent(q)}`)).json();
      expect(users.map((user: { subject: string }) => user.subject)).toContain(subject);
    }
    expect((await (await admin('/users?q=nobody-at-all')).json()).users).toEqual([]);
  });

  it.each([
    ['a name that is taken, in other letters', { username: 'ADMIN', password: PASSWORD }, 409],
    ['a short password', { username: 'short', password: 'fourteen-chars' }, 400],
    ['a name with blanks', { username: 'two words', password: PASSWORD }, 400],
    ['an unknown role', { username: 'role', password: PASSWORD, roles: ['root'] }, 400],
    ['an unknown member', { username: 'member', password: PASSWORD, admin: true }, 400],
  ])('refuses %s', async (_, json, status) => {
    expect((await admin('/users', { json })).status).toBe(status);
  });

  it('lets one of two that want the same name have it', async () => {
    const both = await Promise.all(
      [1, 2].map(() => admin('/users', { json: { username: 'wanted', password: PASSWORD } })),
    );
    expect(both.map(answer => answer.status).sort()).toEqual([201, 409]);
  });

  it('keeps a user without a password out', async () => {
    const { subject } = await bodyOf(await admin('/users', { json: { username: 'locked' } }));
    expect(subject).toMatch(/^u_/);
    const answer = await world.send('/login', { json: { username: 'locked', password: '' } });
    expect(answer.status).toBe(400);
    expect((await world.send('/login', { json: { username: 'locked', password: PASSWORD } })).status).toBe(
      401,
    );
  });

  it('disable and password change end every session; roles alone do not', async () => {
    const person = await world.newPerson();
    const patch = (json: object) => admin(`/users/${person.subject}`, { method: 'PATCH', json });
    const access = await world.accessToken(person.cookie);
    expect((await patch({ roles: ['auditor'] })).status).toBe(200);
    expect(await world.isActive(access)).toBe(false);
    expect(await refreshStatus(person.cookie)).toBe(200);

    expect((await patch({ password: 'another-good-password' })).status).toBe(200);
    expect(await refreshStatus(person.cookie)).toBe(401);
    expect(
      (await world.send('/login', { json: { username: person.username, password: PASSWORD } })).status,
    ).toBe(401);
    const again = await world.signIn(person.username, 'another-good-password');

    expect(await bodyOf(await patch({ disabled: true }))).toMatchObject({ status: 200, disabled: true });
    expect(await refreshStatus(again.cookie)).toBe(401);
    expect((await patch({ disabled: false })).status).toBe(200);
    expect((await world.signIn(person.username, 'another-good-password')).subject).toBe(person.subject);
  });

  it('keeps the last admin, also when two go at once', async () => {
    const own = await openWorld();
    const second = await own.newPerson(['admin']);
    const { users } = await (await own.send('/admin/api/users', { cookie: second.cookie })).json();
    const first = users.find((user: { username: string }) => user.username === 'admin').subject;
    const demote = (subject: string, json: object, cookie: string) =>
      own.send(`/admin/api/users/${subject}`, { method: 'PATCH', json, cookie });
    const bearer = await own.clientToken('revocable:admin');
    const both = await Promise.all(
      [first, second.subject].map(subject =>
        own.send(`/admin/api/users/${subject}`, { method: 'PATCH', json: { disabled: true }, bearer }),
      ),
    );
    expect(both.map(answer => answer.status).sort()).toEqual([200, 409]);
    const left = both[0]?.status === 409 ? first : second.subject;
    expect(
      (await own.send(`/admin/api/users/${left}`, { method: 'PATCH', json: { roles: [] }, bearer })).status,
    ).toBe(409);
    expect((await demote(left, { roles: ['admin', 'auditor'] }, '')).status).toBe(401);
    await own.close();
  });

  it('is 404 for nobody', async () => {
    expect((await admin('/users/u_nobody')).status).toBe(404);
    expect((await admin('/users/u_nobody', { method: 'PATCH', json: { disabled: true } })).status).toBe(404);
  });
});

describe('POST /admin/api/revocations', () => {
  const order = (json: object, sending: Sending = {}) => admin('/revocations', { json, ...sending });

  it('says before what will happen, and does nothing', async () => {
    const person = await world.newPerson();
    await world.signIn(person.username);
    const body = await bodyOf(await order({ target: { subject: person.subject }, dry_run: true }));
    expect(body).toEqual({
      status: 200,
      effect: { sessions: 2, devices: 2, subjects: 1, verifiers: 0, estimate_ms: null },
      summary:
        'Signs out 2 devices; no service follows the feed, so others refuse when the access token ends (5 min).',
    });
    expect(await refreshStatus(person.cookie)).toBe(200);
  });

  it('takes access, refresh or both, and says what did happen', async () => {
    const person = await world.newPerson();
    const access = await world.accessToken(person.cookie);
    const target = { subject: person.subject };

    const first = await bodyOf(await order({ target, plane: 'access' }));
    expect(first).toMatchObject({
      status: 200,
      id: expect.any(Number),
      cursor: expect.any(String),
      effect: { devices: 1 },
    });
    expect(first.applied).toEqual({ live: 0, applied: 0, waiting: [], ms: expect.any(Number) });
    expect(await world.isActive(access)).toBe(false);
    const renewed = await world.accessToken(person.cookie);

    await order({ target, plane: 'refresh' });
    expect(await world.isActive(renewed)).toBe(true);
    expect(await refreshStatus(person.cookie)).toBe(401);

    const again = await world.signIn(person.username);
    const token = await world.accessToken(again.cookie);
    await order({ target });
    expect(await world.isActive(token)).toBe(false);
    expect(await refreshStatus(again.cookie)).toBe(401);
    expect(await world.isActive(await world.accessToken((await world.signIn(person.username)).cookie))).toBe(
      true,
    );
  });

  it('ends one session, or one token', async () => {
    const person = await world.newPerson();
    const other = await world.signIn(person.username);
    await order({ target: { session: person.session } });
    expect([await refreshStatus(person.cookie), await refreshStatus(other.cookie)]).toEqual([401, 200]);
    const token = await world.accessToken(other.cookie);
    await order({ target: { token }, plane: 'session' });
    expect([await world.isActive(token), await refreshStatus(other.cookie)]).toEqual([false, 200]);
  });

  it('counts the verifiers that applied it, names those that did not, and remembers how long it took', async () => {
    const own = await openWorld({ feed: 'public' });
    const cookie = await own.adminCookie();
    const person = await own.newPerson();
    const head = async () => (await (await own.send('/revocations?wait=0')).json()).cursor;
    const probe = async (replica: string, more = {}) =>
      own.send('/revocations', { json: { replica, applied: await head(), nonce: 'n', ...more } });
    const target = { subject: person.subject };
    await probe('orders');
    const answers = setInterval(() => void probe('orders'), 20);
    const done = await bodyOf(await own.send('/admin/api/revocations', { json: { target }, cookie }));
    expect(done.applied).toEqual({ live: 1, applied: 1, waiting: [], ms: expect.any(Number) });
    const foreseen = await bodyOf(
      await own.send('/admin/api/revocations', { json: { target, dry_run: true }, cookie }),
    );
    expect(foreseen.effect.estimate_ms).toBe(done.applied.ms);

    await probe('stock');
    clearInterval(answers);
    const late = await bodyOf(await own.send('/admin/api/revocations', { json: { target }, cookie }));
    expect(late.applied.waiting).toContain('stock');
    expect(late.applied.ms).toBeLessThan(3000);
    await own.close();
  });

  it.each([
    ['no target', {}],
    ['two targets', { target: { subject: 'u_a', client: 'shop' } }],
    ['everyone: false', { target: { everyone: false } }],
    ['an empty subject', { target: { subject: '' } }],
    ['a null subject', { target: { subject: null } }],
    ['an unknown member', { target: { user: 'u_a' } }],
    ['an unknown plane', { target: { subject: 'u_a' }, plane: 'both' }],
    ['an unknown option', { target: { subject: 'u_a' }, dryrun: true }],
  ])('refuses %s, and takes nothing back', async (_, json) => {
    const person = await world.newPerson();
    expect(await bodyOf(await order(json))).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await refreshStatus(person.cookie)).toBe(200);
  });

  it('changes nothing for a forged token', async () => {
    const person = await world.newPerson();
    const token = await world.accessToken(person.cookie);
    const forged = token.replace(/\.[^.]+$/, `.${'A'.repeat(86)}`);
    expect((await order({ target: { token: forged } })).status).toBe(400);
    expect(await world.isActive(token)).toBe(true);
  });

  it('takes a bearer token of this issuer with the scope', async () => {
    const person = await world.newPerson();
    const json = { target: { subject: person.subject }, dry_run: true };
    const as = async (bearer: string) =>
      (await world.send('/admin/api/revocations', { json, bearer })).status;
    expect(await as(await world.clientToken('revocable:revoke'))).toBe(200);
    expect(await as(await world.clientToken('revocable:admin'))).toBe(200);
    expect(await as(await world.clientToken('revocable:read'))).toBe(403);
    expect(await as(await world.accessToken(person.cookie))).toBe(401);
    expect(await as('nonsense')).toBe(401);
  });

  it('is in the audit log, with who, whom and why, and without tokens', async () => {
    const person = await world.newPerson();
    const { id } = await bodyOf(
      await order({ target: { subject: person.subject }, reason: 'laptop stolen' }),
    );
    const page = await (
      await world.send(`/admin/users/${person.subject}?done=${id}`, { cookie: await world.adminCookie() })
    ).text();
    expect(page).toContain(`Done. Applied by 0 of 0 in`);
    expect(page).toContain(`1 device signed out. Audit entry ${id}`);
    expect(page).toContain('both taken back, by admin, “laptop stolen”');
  });
});

describe('who may what', () => {
  it('an auditor reads and changes nothing; others are out', async () => {
    const auditor = await world.newPerson(['auditor']);
    const person = await world.newPerson();
    const status = async (path: string, cookie: string, json?: object) =>
      (await world.send(path, { cookie, ...(json && { json }) })).status;
    for (const path of [
      '/admin/api/users',
      '/admin/api/verifiers',
      '/admin/api/keys',
      '/admin',
      '/admin/users',
    ]) {
      expect(await status(path, auditor.cookie), path).toBe(200);
      expect(await status(path, person.cookie), path).toBe(403);
    }
    const target = { subject: person.subject };
    expect(await status('/admin/api/revocations', auditor.cookie, { target })).toBe(403);
    expect(await status('/admin/api/users', auditor.cookie, { username: 'x', password: PASSWORD })).toBe(403);
    expect((await world.send('/admin/api/users')).status).toBe(401);
  });

  it('refuses a forged request to the console, of registered origins too', async () => {
    const { subject, cookie } = await world.newPerson();
    for (const origin of ['https://evil.example', 'https://shop.example']) {
      const headers = { origin, 'sec-fetch-site': 'cross-site' };
      const answer = await admin('/revocations', { json: { target: { subject } }, headers });
      expect([answer.status, (await answer.json()).error]).toEqual([403, 'cross_origin']);
    }
    expect(await refreshStatus(cookie)).toBe(200);
  });

  it('shows the keys without anything secret', async () => {
    const { keys } = await (await admin('/keys')).json();
    expect(keys[0]).toMatchObject({ alg: 'ES256', state: 'active', created_at: expect.stringMatching(/Z$/) });
    expect(Object.keys(keys[0]).sort()).toEqual([
      'activated_at',
      'alg',
      'created_at',
      'kid',
      'retired_at',
      'state',
    ]);
  });
});

describe('what reaches many people', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('needs a sign-in of the last ten minutes in the console, and none of a program', async () => {
    const own = await openWorld();
    const { cookie } = await own.newPerson(['admin']);
    const wide = [{ everyone: true }, { tenant: 'acme' }, { client: 'shop' }, { key: 'none' }];
    const order = (target: object, sending: Sending) =>
      own.send('/admin/api/revocations', { json: { target, plane: 'access' }, ...sending });
    for (const target of wide)
      expect((await order(target, { cookie })).status, JSON.stringify(target)).toBe(200);
    const fresh = (
      await (await own.send('/refresh', { method: 'POST', cookie })).headers.get('set-cookie')
    )?.split(';')[0];

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
    for (const target of wide) {
      const answer = await order(target, { cookie: fresh });
      expect([answer.status, (await answer.json()).action], JSON.stringify(target)).toEqual([403, 'login']);
    }
    expect((await order({ subject: 'u_somebody' }, { cookie: fresh })).status).toBe(200);
    const bearer = await own.clientToken('revocable:revoke');
    expect((await order({ everyone: true }, { bearer })).status).toBe(200);
    await own.close();
  });
});
