import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, PASSWORD, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ rate_limit: 'off' });
});
afterAll(() => world.close());

/** What was looked at before a revocation must not be stamped after it. */
describe('a sign-in with the old facts, while they change', () => {
  const changes = [
    ['the password', { password: 'another-good-password' }, { password: PASSWORD }],
    ['the account is disabled', { disabled: true }, { disabled: false }],
  ] as const;

  it.each(changes)('never outlives the change: %s', async (_, change, back) => {
    const { subject, username } = await world.newPerson();
    const bearer = await world.clientToken('revocable:admin');
    const patch = (json: object) =>
      world.send(`/admin/api/users/${subject}`, { method: 'PATCH', json, bearer });
    const outcomes = new Set<number>();
    for (let round = 0; round < 25; round++) {
      const signingIn = world.send('/login', { json: { username, password: PASSWORD } });
      await new Promise(resolve => setTimeout(resolve, round % 10));
      const changed = await patch(change);
      expect(changed.status).toBe(200);
      const answer = await signingIn;
      outcomes.add(answer.status);
      const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      expect((await world.send('/refresh', { method: 'POST', cookie })).status).toBe(401);
      await patch(back);
    }
    expect([...outcomes].every(status => [200, 401, 503].includes(status))).toBe(true);
  });
});

describe('a revocation and a sign-in at once', () => {
  it('never refuses the session that was opened after it', async () => {
    const { subject, username } = await world.newPerson();
    const bearer = await world.clientToken('revocable:revoke');
    for (let round = 0; round < 15; round++) {
      await world.send('/admin/api/revocations', { json: { target: { subject } }, bearer });
      const { cookie } = await world.signIn(username);
      expect(await world.isActive(await world.accessToken(cookie))).toBe(true);
    }
  });
});
