import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieIn, ISSUER, openWorld, PASSWORD, type World } from './world.ts';

let world: World;
let cookie: string;
let subject: string;
beforeAll(async () => {
  world = await openWorld();
  cookie = await world.adminCookie();
  subject = (await world.newPerson()).subject;
});
afterAll(() => world.close());

const html = { accept: 'text/html' };
const pages = () => [
  '/login',
  '/logout',
  '/account',
  '/account/end-others',
  '/admin',
  '/admin/users',
  `/admin/users/${subject}`,
  `/admin/users/${subject}/take-back?plane=session`,
  `/admin/users/${subject}/disable`,
];

describe('every page', () => {
  it('has one h1, its name first in the title, a skip link, labels, and headers that hold', async () => {
    for (const path of pages()) {
      const answer = await world.send(path, { cookie, headers: html });
      const text = await answer.text();
      expect(answer.status, path).toBe(200);
      expect(text.match(/<h1/g), path).toHaveLength(1);
      expect(text, path).toMatch(/<title>\S.* · revocable<\/title>/);
      expect(text, path).toContain('<a class="skip" href="#main">');
      expect(text, path).toContain('<html lang="en">');
      for (const [, id] of text.matchAll(/<input id="([\w-]+)"/g))
        expect(text, path).toContain(`<label for="${id}">`);
      expect(text, path).not.toMatch(/\son\w+=|<script>|style="/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('referrer-policy')).toBe('same-origin');
      const policy = answer.headers.get('content-security-policy') ?? '';
      for (const rule of [
        "default-src 'none'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ])
        expect(policy, path).toContain(rule);
    }
  });

  it('shows what people typed as text', async () => {
    const answer = await world.send('/login', {
      form: { username: '"><script>alert(1)</script>', password: 'wrong' },
      headers: html,
    });
    const text = await answer.text();
    expect(answer.status).toBe(401);
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toMatch(/role="alert">The name or the password is wrong/);
    expect(text).not.toContain('wrong"');
  });

  it('leads to the login page and back when nobody is signed in', async () => {
    const answer = await world.send('/admin/users?q=ada', { headers: html });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `${ISSUER}/login?return_to=${encodeURIComponent('/admin/users?q=ada')}`,
    ]);
  });

  it('names where it is', async () => {
    const text = await (await world.send('/admin/users', { cookie, headers: html })).text();
    expect(text).toContain('<a href="/admin/users" aria-current="page">Users</a>');
  });

  it('tells a person what went wrong on a page, a program in JSON', async () => {
    const page = await world.send('/nowhere', { headers: html });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const json = await world.send('/nowhere');
    expect([json.status, (await json.json()).error]).toEqual([404, 'not_found']);
  });

  it('is served its style and script, which a cache may keep', async () => {
    const text = await (await world.send('/login')).text();
    for (const [, path] of text.matchAll(/(?:href|src)="(\/(?:assets\/|favicon)[^"]+)"/g)) {
      const answer = await world.send(path ?? '');
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('cache-control')).toContain('max-age=31536000');
    }
  });
});

describe('/account', () => {
  it('ends one of my devices, and signs out the others', async () => {
    const person = await world.newPerson();
    const other = await world.signIn(person.username);
    const third = await world.signIn(person.username);
    const text = await (await world.send('/account', { cookie: person.cookie })).text();
    expect(text).toContain('this device');
    expect(text).toContain('Sign out my 2 other devices…');
    const ended = await world.send('/account/end', {
      form: { session: other.session },
      cookie: person.cookie,
    });
    expect(ended.headers.get('location')).toBe(`${ISSUER}/account?ended=1`);
    expect((await world.send('/refresh', { method: 'POST', cookie: other.cookie })).status).toBe(401);
    const ask = await (await world.send('/account/end-others', { cookie: person.cookie })).text();
    expect(ask).toContain('Sign out 1 other device?');
    await world.send('/account/end-others', { form: {}, cookie: person.cookie });
    expect((await world.send('/refresh', { method: 'POST', cookie: third.cookie })).status).toBe(401);
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
  });

  it('changes my password: other devices are signed out, and I go on with a new session', async () => {
    const person = await world.newPerson();
    const other = await world.signIn(person.username);
    const form = { current: PASSWORD, new: 'a-brand-new-password' };
    const answer = await world.send('/account/password', { form, cookie: person.cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ISSUER}/account?changed`]);
    const fresh = cookieIn(answer);
    const statuses = await Promise.all(
      [person.cookie, other.cookie, fresh].map(
        async each => (await world.send('/refresh', { method: 'POST', cookie: each })).status,
      ),
    );
    expect(statuses).toEqual([401, 401, 200]);
    expect((await world.signIn(person.username, 'a-brand-new-password')).subject).toBe(person.subject);
  });

  it.each([
    [
      'a wrong current password',
      { current: 'wrong', new: 'a-brand-new-password' },
      401,
      'This is not your password.',
    ],
    ['a short new one', { current: PASSWORD, new: 'short' }, 400, 'A password has 15 characters or more.'],
  ])('says beside the field what is wrong with %s, and changes nothing', async (_, form, status, words) => {
    const person = await world.newPerson();
    const answer = await world.send('/account/password', { form, cookie: person.cookie });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(`role="alert">${words}`);
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
    expect((await world.signIn(person.username)).subject).toBe(person.subject);
  });
});

describe('the console', () => {
  it('asks before it takes back, does it, and says what happened', async () => {
    const person = await world.newPerson();
    const here = `/admin/users/${person.subject}`;
    const ask = await (await world.send(`${here}/take-back?plane=session`, { cookie })).text();
    expect(ask).toContain(`Sign out ${person.username} everywhere?`);
    expect(ask).toContain('Signs out 1 device (');
    expect(ask).toMatch(/<a class="button" href="[^"]+" autofocus>Cancel<\/a>/);
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
    const done = await world.send(`${here}/take-back`, {
      form: { plane: 'session', reason: 'lost <phone>' },
      cookie,
    });
    expect(done.status).toBe(303);
    const page = await (await world.send(done.headers.get('location') ?? '', { cookie })).text();
    expect(page).toMatch(
      /role="status">Done\. Applied by 0 of 0 in \d+ ms\. 1 device signed out\. Audit entry \d+/,
    );
    expect(page).toContain('“lost &lt;phone&gt;”');
    expect(page).toContain(`${person.username} is signed in nowhere.`);
    const refused = await world.send('/refresh', { method: 'POST', cookie: person.cookie });
    expect(refused.status).toBe(401);
  });

  it('makes, disables and enables a user', async () => {
    const made = await world.send('/admin/users', {
      form: { username: 'linus', password: PASSWORD },
      cookie,
    });
    expect(made.headers.get('location')).toBe(`${ISSUER}/admin/users?made=linus`);
    const linus = await world.signIn('linus');
    await world.send(`/admin/users/${linus.subject}/disable`, { form: {}, cookie });
    expect((await world.send('/login', { json: { username: 'linus', password: PASSWORD } })).status).toBe(
      401,
    );
    await world.send(`/admin/users/${linus.subject}/enable`, { form: {}, cookie });
    expect((await world.signIn('linus')).subject).toBe(linus.subject);
  });

  it('ends one device of somebody', async () => {
    const person = await world.newPerson();
    const other = await world.signIn(person.username);
    const path = `/admin/users/${person.subject}/end`;
    expect(await (await world.send(`${path}?session=${other.session}`, { cookie })).text()).toContain(
      'End this device',
    );
    await world.send(path, { form: { session: other.session }, cookie });
    expect((await world.send('/refresh', { method: 'POST', cookie: other.cookie })).status).toBe(401);
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
  });

  it('says how to connect a verifier when there is none, and whom it did not find', async () => {
    expect(await (await world.send('/admin', { cookie })).text()).toContain('No verifier is connected');
    expect(await (await world.send('/admin/users?q=adda', { cookie })).text()).toContain(
      'No user matches “adda”.',
    );
  });
});
