import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, cookieIn, ISSUER, openWorld, PASSWORD, SHOP, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const attempt = (fields: Record<string, string>, more = {}) =>
  world.send('/login', { form: fields, ...more });
const right = { username: 'admin', password: ADMIN_PASSWORD };

describe('POST /login', () => {
  it('answers a form with 303 and one cookie, never a token', async () => {
    const answer = await attempt(right);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${ISSUER}/account`);
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^revocable=[\w-]+\.0\.[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=604800$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toBe('');
  });

  it('answers JSON with subject, session_id and return_to', async () => {
    const answer = await world.send('/login', { json: { ...right, return_to: `${SHOP}/cart` } });
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(Object.keys(body).sort()).toEqual(['return_to', 'session_id', 'subject']);
    expect(body.subject).toMatch(/^u_[a-z0-9]{20}$/);
    expect(body.return_to).toBe(`${SHOP}/cart`);
    expect(cookieIn(answer)).toContain(`revocable=${body.session_id}.`);
  });

  it('has the prefixed, Secure cookie over https', async () => {
    const https = await openWorld({ issuer: 'https://auth.example' });
    const answer = await https.send('/login', { form: right });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-Http-revocable=\S+; Secure; HttpOnly; SameSite=Lax; Path=\/; Max-Age=604800$/,
    );
    await https.close();
  });

  it('says the same to a wrong password, an unknown name and a disabled account', async () => {
    const { subject, username } = await world.newPerson();
    await world.send(`/admin/api/users/${subject}`, {
      method: 'PATCH',
      json: { disabled: true },
      cookie: await world.adminCookie(),
    });
    const answers = await Promise.all([
      world.send('/login', { json: { username: 'admin', password: 'wrong' } }),
      world.send('/login', { json: { username: 'nobody', password: 'wrong' } }),
      world.send('/login', { json: { username, password: PASSWORD } }),
    ]);
    expect(answers.map(answer => answer.status)).toEqual([401, 401, 401]);
    expect(answers.map(answer => answer.headers.get('set-cookie'))).toEqual([null, null, null]);
    const [first, ...others] = await Promise.all(answers.map(answer => answer.text()));
    for (const other of others) expect(other).toBe(first);
    expect(JSON.parse(first ?? '')).toMatchObject({ error: 'invalid_grant', action: 'login' });
  });

  it('takes as long for unknown names as for known ones', async () => {
    const quiet = await openWorld({ rate_limit: 'off' });
    const times: Record<string, number[]> = { admin: [], nobody: [] };
    let ratio = 0;
    // The shortest of each: what a busy machine adds, it does not add every time. Without the hash it would be some fifty times
    // faster, however often it is tried.
    for (let round = 0; round < 60 && (round < 8 || ratio < 1 / 3 || ratio > 3); round++) {
      for (const username of ['admin', 'nobody']) {
        const from = performance.now();
        await quiet.send('/login', { json: { username, password: 'wrong-wrong-wrong' } });
        times[username]?.push(performance.now() - from);
      }
      const [known = 0, unknown = 0] = [times.admin, times.nobody].map(each => Math.min(...(each ?? [])));
      ratio = unknown / known;
    }
    expect(ratio).toBeGreaterThan(1 / 3);
    expect(ratio).toBeLessThan(3);
    await quiet.close();
  }, 60_000);

  it('is always a new session, and the old one ends', async () => {
    const person = await world.newPerson();
    const again = await world.signIn(person.username, PASSWORD, { cookie: person.cookie });
    expect(again.session).not.toBe(person.session);
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(401);
    expect((await world.send('/refresh', { method: 'POST', cookie: again.cookie })).status).toBe(200);
  });

  it('leaves the old session alone when the password is wrong', async () => {
    const person = await world.newPerson();
    await attempt({ username: person.username, password: 'wrong' }, { cookie: person.cookie });
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
  });

  it('finds a name in any case of its letters', async () => {
    expect(
      (await world.send('/login', { json: { username: 'ADMIN', password: ADMIN_PASSWORD } })).status,
    ).toBe(200);
  });

  it.each([
    ['missing password', { username: 'admin' }],
    ['empty name', { username: '', password: 'x' }],
  ])('refuses a %s as invalid_request', async (_, json) => {
    const answer = await world.send('/login', { json });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request', action: 'none' });
  });
});

describe('return_to', () => {
  it.each([
    ['a path of ours', '/admin/users?q=a', `${ISSUER}/admin/users?q=a`],
    ['a registered origin', `${SHOP}/cart#top`, `${SHOP}/cart#top`],
    ['a foreign origin', 'https://evil.example/', `${ISSUER}/account`],
    ['a protocol-relative address', '//evil.example/', `${ISSUER}/account`],
    ['backslashes', '\\\\evil.example', `${ISSUER}/account`],
    ['a script', 'javascript:alert(1)', `${ISSUER}/account`],
    ['user information', `https://shop.example@evil.example/`, `${ISSUER}/account`],
    ['user information at a registered origin', 'https://user@shop.example/', `${ISSUER}/account`],
    ['another scheme of a registered host', 'http://shop.example/', `${ISSUER}/account`],
  ])('%s', async (_, return_to, target) => {
    const answer = await attempt({ ...right, return_to });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(target);
  });

  it('is in the form and in form-action of the page', async () => {
    const answer = await world.send(`/login?return_to=${encodeURIComponent(`${SHOP}/cart`)}`);
    const page = await answer.text();
    expect(page).toContain(`<input type="hidden" name="return_to" value="${SHOP}/cart">`);
    expect(page).toContain('Sign in to The Shop');
    expect(answer.headers.get('content-security-policy')).toContain(`form-action 'self' ${SHOP};`);
  });

  it('is left out of the page when it is a foreign one', async () => {
    const answer = await world.send('/login?return_to=https://evil.example');
    expect(await answer.text()).not.toContain('evil.example');
    expect(answer.headers.get('content-security-policy')).not.toContain('evil.example');
  });
});

describe('forged requests', () => {
  it.each([
    ['a cross-site page', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a page of a registered origin', { 'sec-fetch-site': 'cross-site', origin: SHOP }, 403],
    ['an old browser, foreign origin', { origin: 'https://evil.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: ISSUER }, 303],
    ['our own page in an old browser', { origin: ISSUER }, 303],
    ['a typed address', { 'sec-fetch-site': 'none' }, 303],
    ['no browser', {}, 303],
  ])('%s', async (_, headers, status) => {
    const answer = await attempt(right, { headers });
    expect(answer.status).toBe(status);
    if (status === 403) expect(await answer.json()).toMatchObject({ error: 'cross_origin' });
  });
});

describe('too many wrong tries', () => {
  const wrong = (username: string, address: string) =>
    world.send('/login', { json: { username, password: 'wrong' }, address });

  it('makes a name from one address wait after five, and no other address', async () => {
    const { username } = await world.newPerson();
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await wrong(username, '192.0.2.66')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const slowed = await world.send('/login', {
      json: { username, password: PASSWORD },
      address: '192.0.2.66',
    });
    expect(slowed.status).toBe(429);
    expect(slowed.headers.get('retry-after')).toBe('1');
    expect(await slowed.json()).toMatchObject({ error: 'slow_down', action: 'retry' });
    const other = await world.send('/login', {
      json: { username, password: PASSWORD },
      address: '192.0.2.67',
    });
    expect(other.status).toBe(200);
  });

  it('lets the right password in when the wait is over, and doubles it for a wrong one', async () => {
    const { username } = await world.newPerson();
    const address = '192.0.2.70';
    for (let i = 0; i < 5; i++) await wrong(username, address);
    await new Promise(resolve => setTimeout(resolve, 1100));
    expect((await wrong(username, address)).status).toBe(401);
    const slowed = await wrong(username, address);
    expect([slowed.status, slowed.headers.get('retry-after')]).toEqual([429, '2']);
    await new Promise(resolve => setTimeout(resolve, 2100));
    expect((await world.send('/login', { json: { username, password: PASSWORD }, address })).status).toBe(
      200,
    );
    expect((await wrong(username, address)).status).toBe(401);
  });

  it('is no cheaper for many tries at once', async () => {
    const { username } = await world.newPerson();
    const answers = await Promise.all(Array.from({ length: 12 }, () => wrong(username, '192.0.2.71')));
    expect(answers.filter(answer => answer.status === 401).length).toBeLessThanOrEqual(5);
  });

  it('believes X-Forwarded-For of trusted proxies alone', async () => {
    const behind = await openWorld({ trusted_proxies: ['10.0.0.0/8'] });
    const from = (address: string, forwarded: string) =>
      behind.send('/login', {
        json: { username: 'admin', password: 'wrong' },
        address,
        headers: { 'x-forwarded-for': forwarded },
      });
    for (let i = 0; i < 5; i++) await from('10.0.0.1', `198.51.100.${i}, 203.0.113.5`);
    expect((await from('10.0.0.1', '203.0.113.5')).status).toBe(429);
    expect((await from('10.0.0.1', '203.0.113.6')).status).toBe(401);
    for (let i = 0; i < 5; i++) await from('192.0.2.9', `198.51.100.${i}`);
    expect((await from('192.0.2.9', '198.51.100.99')).status).toBe(429);
    await behind.close();
  });
});

describe('more sign-ins than can be checked at once', () => {
  it('answers the ones beyond the line 503 with Retry-After, and the others as ever', async () => {
    const crowd = await openWorld({ rate_limit: 'off' });
    const answers = await Promise.all(
      Array.from({ length: 150 }, () =>
        crowd.send('/login', { json: { username: 'nobody', password: 'wrong' } }),
      ),
    );
    const shed = answers.filter(answer => answer.status === 503);
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([401, 503]));
    expect(Number(shed[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await shed[0]?.json()).toMatchObject({ error: 'temporarily_unavailable', action: 'retry' });
    await crowd.close();
  });

  it('15: a try that is shed is no try: nothing is opened, none is counted, and the right password goes in', async () => {
    const crowd = await openWorld();
    const { username, cookie } = await crowd.newPerson();
    const signIn = (name: string, password: string) =>
      crowd.send('/login', { json: { username: name, password } });
    let [shed, opened] = [0, 1];
    for (let round = 0; shed < 6 && round < 20; round++) {
      const strangers = Array.from({ length: 9 * availableParallelism() + 20 }, (_, i) =>
        signIn(`stranger-${round}-${i}`, 'wrong'),
      );
      const mine = await Promise.all([1, 2, 3].map(() => signIn(username, PASSWORD)));
      shed += mine.filter(answer => answer.status === 503).length;
      opened += mine.filter(answer => answer.status === 200).length;
      for (const answer of mine)
        if (answer.status !== 200) expect(answer.headers.get('set-cookie')).toBeNull();
      await Promise.all(strangers);
    }
    expect(shed).toBeGreaterThanOrEqual(6);
    const { sessions } = await (await crowd.send('/sessions', { cookie })).json();
    expect(sessions).toHaveLength(opened);
    expect((await signIn(username, PASSWORD)).status).toBe(200);
    await crowd.close();
  });
});
