import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEntry, csvLine } from '#audit';
import { cookieIn, openWorld, PASSWORD, type Sending, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const audit = async (query = '', sending: Sending = {}) =>
  world.send(`/admin/api/audit${query}`, { cookie: await world.adminCookie(), ...sending });
const eventsOf = async (query: string) => (await (await audit(query)).json()).events;

describe('GET /admin/api/audit', () => {
  it('pages through it, newest first, to its very beginning', async () => {
    for (let i = 0; i < 3; i++) await world.newPerson();
    const all = await eventsOf('?limit=1000');
    const paged = [];
    for (let before = ''; ; ) {
      const { events, next } = await (await audit(`?limit=2${before}`)).json();
      paged.push(...events);
      if (next === null) break;
      before = `&before=${next}`;
    }
    expect(paged).toEqual(all);
    expect(all.map((row: { id: number }) => row.id)).toEqual(
      all.map((_: unknown, i: number) => all.length - i),
    );
    expect(all.at(-1)).toEqual({
      id: 1,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'user_created',
      actor: null,
      subject: expect.stringMatching(/^u_/),
      detail: { by: 'the first start', username: 'admin', roles: ['admin'] },
    });
  });

  it('is narrowed by subject, actor and event', async () => {
    const { subject } = await world.newPerson();
    const events = await eventsOf(`?subject=${subject}`);
    expect(events.map((row: { event: string }) => row.event)).toEqual(['signed_in', 'user_created']);
    expect(await eventsOf(`?subject=${subject}&event=signed_in`)).toHaveLength(1);
    expect(await eventsOf(`?actor=${subject}`)).toHaveLength(1);
  });

  it.each([
    ['by a parameter', '?format=ndjson', {}],
    ['by Accept', '', { headers: { accept: 'application/x-ndjson' } }],
  ])('exports all of it as NDJSON: %s', async (_, query, sending) => {
    const answer = await audit(query, sending);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.map(line => JSON.parse(line))).toEqual(await eventsOf('?limit=1000'));
  });

  it('exports as CSV, which a spreadsheet does not run', async () => {
    await world.send('/admin/api/users', {
      cookie: await world.adminCookie(),
      json: { username: 'comma', password: PASSWORD },
    });
    const answer = await audit('?format=csv&limit=1&event=user_created');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    const [head, line] = (await answer.text()).split('\r\n');
    expect(head).toBe('id,at,event,actor,subject,detail');
    expect(line).toMatch(/^\d+,\d{4}-[^,]+Z,user_created,u_\w+,u_\w+,"\{""by"":""admin"",/);
    const row = { id: 1, at: 'now', event: '=1+1', actor: 'a"b', subject: null, detail: null };
    expect(csvLine(row)).toBe(`1,now,'=1+1,"a""b",,\r\n`);
  });

  it.each([['limit=0'], ['limit=1001'], ['limit=ten'], ['before=-1'], ['format=xml'], ['colour=red']])(
    'refuses %s',
    async query => {
      expect((await audit(`?${query}`)).status).toBe(400);
    },
  );

  it('is for auditors and admins', async () => {
    const { cookie } = await world.newPerson();
    expect((await audit('', { cookie })).status).toBe(403);
    const auditor = await world.newPerson(['auditor']);
    expect((await audit('', { cookie: auditor.cookie })).status).toBe(200);
    expect((await world.send('/admin/api/audit')).status).toBe(401);
    const bearer = await world.clientToken('revocable:read');
    expect((await world.send('/admin/api/audit', { bearer })).status).toBe(200);
    expect((await world.send('/admin/api/audit', { bearer, method: 'DELETE' })).status).toBe(405);
  });
});

describe('what lands there', () => {
  it('a sign-out, of one device and of all', async () => {
    const person = await world.newPerson();
    await world.send('/logout', { method: 'POST', cookie: person.cookie });
    const [last] = await eventsOf(`?subject=${person.subject}&limit=1`);
    expect(last).toMatchObject({
      event: 'signed_out',
      actor: person.subject,
      detail: { session: person.session },
    });
    const again = await world.signIn(person.username);
    await world.send('/logout?all=true', { method: 'POST', cookie: again.cookie });
    const [everywhere] = await eventsOf(`?subject=${person.subject}&limit=1`);
    expect(everywhere).toMatchObject({ event: 'signed_out_everywhere', actor: person.subject });
  });

  it('a token that its client takes back, by its jti', async () => {
    const form = { grant_type: 'client_credentials', scope: 'read' };
    const basic = ['robot', 'robot+secret%'] as const;
    const { access_token } = await (await world.send('/token', { form, basic })).json();
    await world.send('/revoke', { form: { token: access_token }, basic });
    const [last] = await eventsOf('?limit=1');
    expect(last).toMatchObject({
      event: 'revoked',
      actor: 'robot',
      detail: { target: { token: expect.any(String) } },
    });
    expect(JSON.stringify(last)).not.toContain(access_token.slice(0, 40));
  });

  it('a rotation of keys: who ordered it, and that it happened', async () => {
    const answer = await world.send('/admin/api/keys/rotate', {
      method: 'POST',
      cookie: await world.adminCookie(),
    });
    const { kid, signs_from } = await answer.json();
    expect(Math.abs(Date.parse(signs_from) - Date.now())).toBeLessThan(60_000); // the store is young
    const kinds = async () => (await eventsOf('?limit=2')).map((row: { event: string }) => row.event).sort();
    await expect.poll(kinds).toEqual(['key.rotated', 'keys_rotated']);
    for (const row of await eventsOf('?limit=2')) expect(row.detail).toMatchObject({ kid });
    const { cookie } = await world.newPerson(['auditor']);
    expect((await world.send('/admin/api/keys/rotate', { method: 'POST', cookie })).status).toBe(403);
  });

  it('a refresh token that two hold', async () => {
    const own = await openWorld({ refresh_grace: 1 });
    const { cookie, subject, session } = await own.newPerson();
    const pass = () => new Promise(resolve => setTimeout(resolve, 2100));
    const refresh = (held: string) => own.send('/refresh', { method: 'POST', cookie: held });
    const first = cookieIn(await refresh(cookie));
    await pass();
    expect((await refresh(first)).status).toBe(200);
    await pass();
    expect((await refresh(cookie)).status).toBe(401);
    const told = async () => {
      const answer = await own.send('/admin/api/audit?event=refresh.reuse', {
        cookie: await own.adminCookie(),
      });
      return (await answer.json()).events;
    };
    await expect.poll(told).toMatchObject([{ subject, actor: null, detail: { session } }]);
    expect(JSON.stringify(await told())).not.toContain(cookie.slice(-20));
    await own.close();
  });

  it('of the events of the authority those that nobody ordered', () => {
    const whose = { subject: 'ada', session: 's1' };
    expect(auditEntry({ type: 'refresh.reuse', ...whose })).toEqual({
      event: 'refresh.reuse',
      subject: 'ada',
      detail: { session: 's1' },
    });
    expect(
      auditEntry({ type: 'session.ended', session: 's1', cause: 'limit', subject: 'ada' }),
    ).toMatchObject({
      event: 'session.ended',
      detail: { session: 's1', cause: 'limit' },
    });
    expect(auditEntry({ type: 'store.lost', policy: 'rebuild' })).toEqual({
      event: 'store.lost',
      detail: { policy: 'rebuild' },
    });
    expect(auditEntry({ type: 'session.ended', session: 's1', cause: 'revoked' })).toBeUndefined();
    expect(auditEntry({ type: 'refresh.rotated', ...whose })).toBeUndefined();
    expect(auditEntry({ type: 'token.issued', subject: 'ada', token: 'jti' })).toBeUndefined();
  });
});
