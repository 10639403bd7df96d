import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, type Sending, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ feed: 'public' });
});
afterAll(() => world.close());

interface Event {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

/** Reads a stream of server-sent events, one at a time. */
async function openStream(path: string, sending: Sending = {}) {
  const answer = await world.send(path, sending);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const next = async (): Promise<Event | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end === -1) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += new TextDecoder().decode(value);
        continue;
      }
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const id = field('id');
      return {
        event: field('event') ?? '',
        ...(id !== undefined && { id }),
        data: JSON.parse(field('data') ?? 'null'),
      };
    }
  };
  return { answer, next, close: () => reader.cancel() };
}

async function takeBack(target: object, plane = 'session') {
  const cookie = await world.adminCookie();
  const answer = await world.send('/admin/api/revocations', { json: { target, plane }, cookie });
  return (await answer.json()) as { cursor: string };
}

const scopes = (event: Event | undefined) => (event?.data as [string][] | undefined)?.map(([scope]) => scope);
const poll = (query: string, sending?: Sending) => world.send(`/revocations?${query}`, sending);

describe('GET /revocations as a stream', () => {
  it('begins with profile and ready, and brings each cut with its cursor', async () => {
    const { subject } = await world.newPerson();
    const stream = await openStream('/revocations');
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.answer.headers.get('cache-control')).toBe('no-store');
    expect(await stream.next()).toMatchObject({
      event: 'profile',
      data: { issuer: 'http://localhost:4700', stamps: true },
    });
    let event = await stream.next();
    while (event?.event === 'snapshot') event = await stream.next();
    expect(event).toMatchObject({ event: 'ready', id: expect.any(String) });
    const { cursor } = await takeBack({ subject });
    const cut = await stream.next();
    expect(cut).toMatchObject({ event: 'cut', id: cursor });
    expect(scopes(cut)).toEqual([`u::${subject}`]);
    await stream.close();
  });

  it('is resumed by Last-Event-ID', async () => {
    const before = (await (await poll('wait=0')).json()).cursor;
    const { subject } = await world.newPerson();
    await takeBack({ subject });
    const stream = await openStream('/revocations', { headers: { 'last-event-id': before } });
    expect((await stream.next())?.event).toBe('profile');
    expect(await stream.next()).toMatchObject({ event: 'ready', id: before });
    expect(scopes(await stream.next())).toContain(`u::${subject}`);
    await stream.close();
  });

  it('gives a snapshot where the log cannot be continued', async () => {
    await takeBack({ subject: (await world.newPerson()).subject });
    const stream = await openStream('/revocations', { headers: { 'last-event-id': 'somebody.7' } });
    expect((await stream.next())?.event).toBe('profile');
    expect((await stream.next())?.event).toBe('snapshot');
    await stream.close();
  });

  it('ends when the service closes', async () => {
    const other = await openWorld({ feed: 'public' });
    const answer = await other.send('/revocations');
    const text = answer.text();
    await other.close();
    expect(await text).toContain('event: profile');
  });

  it('answers HEAD without opening a stream', async () => {
    const answer = await world.send('/revocations', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('holds the window of access tokens, or everything', async () => {
    const { subject } = await world.newPerson();
    await takeBack({ subject }, 'refresh');
    const held = async (hold: string) => JSON.stringify(await (await poll(`wait=0&hold=${hold}`)).json());
    expect(await held('all')).toContain(`u::${subject}`);
    expect(await held('access')).not.toContain(`u::${subject}`);
    expect((await poll('hold=half')).status).toBe(400);
  });
});

describe('GET /revocations as one answer', () => {
  it('has the whole state without a cursor, with the cursor as its ETag', async () => {
    const { subject } = await world.newPerson();
    await takeBack({ subject });
    const answer = await poll('wait=0');
    const { cursor, events } = await answer.json();
    expect(answer.headers.get('etag')).toBe(`"${cursor}"`);
    expect(events.map((each: Event) => each.event)).toEqual(['profile', 'snapshot', 'ready']);
    expect(JSON.stringify(events)).toContain(`u::${subject}`);
  });

  it('has what followed the cursor', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    const { subject } = await world.newPerson();
    const { cursor: head } = await takeBack({ subject });
    const body = await (await poll(`after=${cursor}&wait=0`)).json();
    expect(body.cursor).toBe(head);
    expect(scopes(body.events.at(-1))).toContain(`u::${subject}`);
  });

  it('is 304 when nothing followed', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    const answer = await poll(`after=${cursor}&wait=0`);
    expect([answer.status, answer.headers.get('etag')]).toEqual([304, `"${cursor}"`]);
    const byTag = await poll('wait=0', { headers: { 'if-none-match': `"${cursor}"` } });
    expect(byTag.status).toBe(304);
  });

  it('repeats a nonce, where nothing followed too, so that no cache can answer for it', async () => {
    const first = await poll('wait=0&nonce=n-1');
    const { cursor } = await first.json();
    const second = await poll(`after=${cursor}&wait=0&nonce=n-2`);
    const nonces = [first, second].map(answer => answer.headers.get('revocable-nonce'));
    expect([...nonces, second.status]).toEqual(['n-1', 'n-2', 304]);
    expect((await poll('wait=0')).headers.has('revocable-nonce')).toBe(false);
    const profile = JSON.parse(decodeURIComponent(second.headers.get('revocable-profile') ?? ''));
    expect(profile).toMatchObject({ issuer: 'http://localhost:4700', stamps: true });
    for (const nonce of ['', 'a%0d%0ab', 'x'.repeat(101)])
      expect((await poll(`wait=0&nonce=${nonce}`)).status).toBe(400);
  });

  it('waits for what follows', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    const { subject } = await world.newPerson();
    const waiting = poll(`after=${cursor}&wait=20`);
    await takeBack({ subject });
    const body = await (await waiting).json();
    expect(scopes(body.events.at(-1))).toContain(`u::${subject}`);
  });

  it('waits no longer than it was asked to', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    const from = performance.now();
    expect((await poll(`after=${cursor}&wait=1`)).status).toBe(304);
    expect(performance.now() - from).toBeGreaterThan(900);
  });

  it('is 410 for a cursor that cannot be continued, 400 for a wait that is none', async () => {
    for (const after of ['somebody.7', 'nonsense', '.'])
      expect((await poll(`after=${after}&wait=0`)).status, after).toBe(410);
    const { cursor } = await (await poll('wait=0')).json();
    const ahead = `${cursor.slice(0, cursor.lastIndexOf('.'))}.999999`;
    expect((await poll(`after=${ahead}&wait=0`)).status).toBe(410);
    expect((await poll('wait=21')).status).toBe(400);
  });
});

describe('POST /revocations', () => {
  const probe = (json: unknown, sending: Sending = {}) => world.send('/revocations', { json, ...sending });

  it('answers with the nonce, the owner, the store’s clock and the head', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    const answer = await probe({ replica: 'orders', applied: cursor, nonce: 'n-1' });
    const body = await answer.json();
    expect(body).toEqual({ nonce: 'n-1', owner: expect.any(String), now: expect.any(Number), head: cursor });
    expect(cursor.startsWith(body.owner)).toBe(true);
    expect(Math.abs(body.now - Date.now())).toBeLessThan(2000);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('names the replica among the verifiers', async () => {
    const { cursor } = await (await poll('wait=0')).json();
    await probe({ replica: 'stock', applied: cursor, nonce: 1, max_staleness_ms: 5000, when_stale: 'allow' });
    const { verifiers } = await (
      await world.send('/admin/api/verifiers', { cookie: await world.adminCookie() })
    ).json();
    const found = verifiers.find((each: { name: string }) => each.name === 'stock');
    expect(found).toMatchObject({ name: 'stock', state: 'live', cursor, when_stale: 'allow' });
    expect(found.staleness_ms).toBeGreaterThanOrEqual(0);
    expect((await probe({ replica: 'x', nonce: 1, when_stale: 'introspect' })).status).toBe(200);
  });

  it.each([
    ['no nonce', { replica: 'orders' }],
    ['a name that is no text', { replica: 7, nonce: 'n' }],
    ['an endless name', { replica: 'x'.repeat(500), nonce: 'n' }],
    ['a staleness that is none', { nonce: 'n', max_staleness_ms: -1 }],
    ['a policy that is none', { nonce: 'n', when_stale: 'guess' }],
  ])('refuses %s', async (_, json) => {
    expect((await probe(json)).status).toBe(400);
  });

  it('takes nothing back', async () => {
    const person = await world.newPerson();
    await probe({ nonce: 'n', replica: 'x', cuts: [[`u::${person.subject}`, 1, 1, 1, 1, 1, 1]] });
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
  });
});

describe('POST /revocations with cuts', () => {
  const heal = (cuts: unknown, sending: Sending = {}) =>
    world.send('/revocations', { json: { cuts }, ...sending });
  const asStock = { basic: ['stock', 'stock-secret'] } as const;

  it('believes what an authority wrote, for its proof, and nothing else', async () => {
    const { subject } = await world.newPerson();
    const { cursor } = await takeBack({ subject });
    const { events } = await (await poll('hold=all&wait=0')).json();
    const lines = (events as { data: [string, ...unknown[]][] }[]).flatMap(({ data }) =>
      Array.isArray(data) ? data : [],
    );
    const line = lines.filter(([scope]) => scope === `u::${subject}`).at(-1) ?? [];
    expect(line).toHaveLength(8);
    const raised = [...line];
    raised[6] = Number(line[6]) + 1;
    const answer = await heal([line, raised, line.slice(0, 7), 'nonsense'], asStock);
    expect(await answer.json()).toEqual({ accepted: 1, refused: 3 });
    expect((await (await poll('wait=0')).json()).cursor).toBe(cursor);
  });

  it('23: needs a credential, and that of a verifier takes nobody back', async () => {
    const { subject, cookie } = await world.newPerson();
    const made = [`u::${subject}`, 9, Date.now(), Date.now() + 1e6, 0, 0, Date.now() + 1e6];
    for (const line of [made, [...made, ''], [...made, 'A'.repeat(22)]])
      expect(await (await heal([line], asStock)).json()).toEqual({ accepted: 0, refused: 1 });
    expect((await world.send('/refresh', { method: 'POST', cookie })).status).toBe(200);
    expect((await heal([made])).status).toBe(401);
    expect((await heal('nonsense', asStock)).status).toBe(400);
  });

  it('spares those who only check access tokens the proofs', async () => {
    const { subject } = await world.newPerson();
    await takeBack({ subject });
    const { events } = await (await poll('wait=0')).json();
    const lines = (events as { data: unknown[][] }[]).flatMap(({ data }) =>
      Array.isArray(data) ? data : [],
    );
    expect(new Set(lines.map(line => line.length))).toEqual(new Set([7]));
  });
});

describe('the credential of a verifier', () => {
  it('revokes nobody', async () => {
    const person = await world.newPerson();
    const token = await world.accessToken(person.cookie);
    const target = { target: { subject: person.subject } };
    const bearer = await world.clientToken('revocable:verify');
    const [byBasic, byBearer, otherToken, given] = [
      await world.send('/admin/api/revocations', { json: target, basic: ['stock', 'stock-secret'] }),
      await world.send('/admin/api/revocations', { json: target, bearer }),
      await world.send('/revoke', { form: { token }, basic: ['stock', 'stock-secret'] }),
      await world.send('/revocations', { json: { nonce: 'n', target }, bearer }),
    ];
    expect([byBasic.status, byBearer.status, otherToken.status, given.status]).toEqual([401, 403, 400, 200]);
    expect((await otherToken.json()).error).toBe('invalid_grant');
    expect((await world.send('/refresh', { method: 'POST', cookie: person.cookie })).status).toBe(200);
  });
});

describe('who may follow', () => {
  it('asks for a credential unless the feed is public', async () => {
    const closed = await openWorld();
    const statuses = async (sending: Sending) => [
      (await closed.send('/revocations?wait=0', sending)).status,
      (await closed.send('/revocations', { json: { nonce: 'n' }, ...sending })).status,
    ];
    expect(await statuses({})).toEqual([401, 401]);
    expect(await statuses({ basic: ['stock', 'wrong'] })).toEqual([401, 401]);
    expect(await statuses({ basic: ['stock', 'stock-secret'] })).toEqual([200, 200]);
    expect(await statuses({ bearer: await closed.clientToken('revocable:verify') })).toEqual([200, 200]);
    expect(await statuses({ bearer: await closed.clientToken('revocable:read') })).toEqual([403, 403]);
    await closed.close();
  });
});

describe('a follower that remembers another store', () => {
  const remembering = (headers: Sending, before = 'another-store.5.a-tag') =>
    world.send('/revocations', { json: { replica: 'somebody', nonce: '1', before }, ...headers });
  const looked = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 2500));

  it('is not believed without a credential: nothing closes, nobody is logged out', async () => {
    const person = await world.newPerson();
    expect((await remembering({})).status).toBe(200);
    await looked();
    const answer = await world.send('/refresh', { method: 'POST', cookie: person.cookie });
    expect(answer.status).toBe(200);
  });

  it('23: is not believed with one either, but for the proof that an authority gave it', async () => {
    const person = await world.newPerson();
    const basic = ['stock', 'stock-secret'] as const;
    const { events } = await (await world.send('/revocations?wait=0', { basic: [...basic] })).json();
    const { owner_proof: proof } = events[0].data;
    expect(proof).toMatch(/^[\w-]+\.[\w-]{22}$/);
    const mac = proof.split('.')[1];
    for (const before of ['another-store.5.a-tag', `another-store.5.a-tag.${mac}`])
      expect((await remembering({ basic: [...basic] }, before)).status).toBe(200);
    await looked();
    const answer = await world.send('/refresh', { method: 'POST', cookie: person.cookie });
    expect(answer.status).toBe(200);
  });

  it('is refused with a wrong one', async () => {
    expect((await remembering({ basic: ['stock', 'wrong'] })).status).toBe(401);
  });
});
