/** Sender-bound tokens at the token endpoint and at the service's own resources: RFC 9449. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, decode, openStore, type TokenPair } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProver, type Wish } from './prover.ts';
import { type Answer, CLIENTS, ISSUER, openWorld, type Sending, SHOP, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'revocable-dpop-'));
let world: World;
let subject = '';
beforeAll(async () => {
  const clients = [
    ...CLIENTS,
    { client_id: 'bound', client_secret: 'bound-secret', scope: 'read', dpop_bound_access_tokens: true },
  ];
  world = await openWorld({ store: `file:${folder}/data`, clients });
  subject = (await world.newPerson()).subject;
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const prover = createProver(ISSUER);
const bodyOf = async (answer: Answer) => ({ status: answer.status, ...(await answer.json()) });
const robot = { basic: ['robot', 'robot+secret%'] } as const;
const credentials = { grant_type: 'client_credentials' };

/** As a client does: sends again with the nonce that a refusal brings. */
async function withNonce(send: (nonce?: string) => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  const nonce = answer.headers.get('dpop-nonce');
  return answer.status === 400 && nonce !== null ? send(nonce) : answer;
}
const token = (form: Record<string, string>, sending: Sending = {}, wish: Wish = {}, by = prover) =>
  withNonce(nonce =>
    world.send('/token', {
      form,
      ...sending,
      headers: { dpop: by.prove({ ...wish, ...(nonce && { nonce }) }) },
    }),
  );

/** A session of the public client, as its code would have opened it. */
async function newSession(jkt: boolean): Promise<TokenPair> {
  const store = await openStore(`file:${folder}/data`);
  const authority = await createAuthority({
    store,
    issuer: ISSUER,
    audience: 'api',
    signing: { alg: 'ES256' },
  });
  const dpop = { proof: prover.prove(), method: 'POST', url: `${ISSUER}/token` };
  const pair = await authority.issue({ subject, client: 'shop', ...(jkt && { dpop }) });
  await authority.close();
  await store.close();
  return pair;
}

describe('POST /token', () => {
  it('asks for a nonce, and gives a bound token for a proof with it (sections 5 and 8)', async () => {
    const first = await world.send('/token', {
      form: credentials,
      ...robot,
      headers: { dpop: prover.prove() },
    });
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect(await bodyOf(first)).toMatchObject({
      status: 400,
      error: 'use_dpop_nonce',
      code: 'ERR_TOKEN_NONCE',
      action: 'retry',
    });
    const answer = await world.send('/token', {
      form: credentials,
      ...robot,
      headers: { dpop: prover.prove({ nonce }) },
    });
    const body = await bodyOf(answer);
    expect(body).toMatchObject({ status: 200, token_type: 'DPoP' });
    expect(decode(body.access_token).claims['cnf']).toEqual({ jkt: prover.jkt });
  });

  it('says what is wrong with a proof: 400 invalid_dpop_proof', async () => {
    for (const wish of [{ method: 'GET' }, { path: '/other' }, { claims: { jti: 7 } }])
      expect(await bodyOf(await token(credentials, robot, wish))).toMatchObject({
        status: 400,
        error: 'invalid_dpop_proof',
        code: 'ERR_TOKEN_PROOF',
        action: 'none',
      });
    const two = new Headers([['dpop', prover.prove()]]);
    two.append('dpop', prover.prove());
    const twice = await world.send('/token', {
      form: credentials,
      ...robot,
      headers: Object.fromEntries(two),
    });
    expect(await bodyOf(twice)).toMatchObject({ error: 'invalid_dpop_proof' });
  });

  it('takes a proof once', async () => {
    const claims = { jti: 'once at the token endpoint' };
    expect((await token(credentials, robot, { claims })).status).toBe(200);
    expect(await bodyOf(await token(credentials, robot, { claims }))).toMatchObject({
      error: 'invalid_dpop_proof',
    });
  });

  it('refuses a client that is registered to send proofs and sends none (section 5.2)', async () => {
    const basic = ['bound', 'bound-secret'] as const;
    const without = await world.send('/token', { form: credentials, basic });
    expect(await bodyOf(without)).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    expect(await bodyOf(await token(credentials, { basic }))).toMatchObject({
      status: 200,
      token_type: 'DPoP',
    });
  });

  it('renews a bound session with a proof of its key, and with no other', async () => {
    const pair = await newSession(true);
    const form = { grant_type: 'refresh_token', client_id: 'shop', refresh_token: pair.refreshToken };
    expect(await bodyOf(await world.send('/token', { form }))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      action: 'login',
    });
    expect(await bodyOf(await token(form, {}, {}, createProver(ISSUER)))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
    const body = await bodyOf(await token(form));
    expect(body).toMatchObject({ status: 200, token_type: 'DPoP' });
    expect((await bodyOf(await token({ ...form, refresh_token: body.refresh_token }))).status).toBe(200);
  });

  it('does not bind a session later', async () => {
    const pair = await newSession(false);
    const form = { grant_type: 'refresh_token', client_id: 'shop', refresh_token: pair.refreshToken };
    expect(await bodyOf(await token(form))).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await bodyOf(await world.send('/token', { form }))).toMatchObject({
      status: 200,
      token_type: 'Bearer',
    });
  });

  it('without a nonce where the setting says so', async () => {
    const plain = await openWorld({ dpop_nonce: 'off' });
    const answer = await plain.send('/token', {
      form: credentials,
      ...robot,
      headers: { dpop: prover.prove() },
    });
    expect(await bodyOf(answer)).toMatchObject({ status: 200, token_type: 'DPoP' });
    expect(answer.headers.get('dpop-nonce')).toBeNull();
    await plain.close();
  });
});

describe('the service’s own resources', () => {
  const listing = async (access: string, scheme: string, wish?: Wish): Promise<Answer> =>
    withNonceOf(nonce =>
      world.send('/sessions', {
        headers: {
          authorization: `${scheme} ${access}`,
          ...(wish && {
            dpop: prover.prove({
              method: 'GET',
              path: '/sessions',
              token: access,
              ...(nonce && { nonce }),
              ...wish,
            }),
          }),
        },
      }),
    );
  const withNonceOf = async (send: (nonce?: string) => Promise<Answer>): Promise<Answer> => {
    const answer = await send();
    const nonce = answer.headers.get('dpop-nonce');
    return nonce === null ? answer : send(nonce);
  };

  it('take a bound token by the scheme DPoP with a proof', async () => {
    const { accessToken, sessionId } = await newSession(true);
    const answer = await listing(accessToken, 'DPoP', {});
    expect(answer.status).toBe(200);
    expect((await answer.json()).sessions).toContainEqual(
      expect.objectContaining({ id: sessionId, current: true }),
    );
  });

  it('refuse it as a bearer token, and without a right proof (section 7.2)', async () => {
    const { accessToken } = await newSession(true);
    for (const answer of [await listing(accessToken, 'Bearer'), await listing(accessToken, 'Bearer', {})]) {
      expect(await bodyOf(answer)).toMatchObject({
        status: 401,
        error: 'invalid_token',
        code: 'ERR_TOKEN_CLAIM',
      });
      expect(answer.headers.get('www-authenticate')).toMatch(
        /^DPoP realm="revocable", error="invalid_token".*algs="ES256 /,
      );
    }
    expect(await bodyOf(await listing(accessToken, 'DPoP'))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
    });
    expect(await bodyOf(await listing(accessToken, 'DPoP', { method: 'POST' }))).toMatchObject({
      error: 'invalid_dpop_proof',
    });
    const asked = await world.send('/sessions', {
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop: prover.prove({ method: 'GET', path: '/sessions', token: accessToken }),
      },
    });
    expect(asked.headers.get('www-authenticate')).toMatch(/error="use_dpop_nonce"/);
  });

  it('refuse a plain token by the scheme DPoP', async () => {
    const { accessToken } = await newSession(false);
    expect((await listing(accessToken, 'DPoP')).status).toBe(401);
    expect((await listing(accessToken, 'DPoP', {})).status).toBe(401);
    expect((await listing(accessToken, 'Bearer')).status).toBe(200);
  });

  it('the admin surface judges bindings, too', async () => {
    const basic = ['operator', 'operator-secret'] as const;
    const { access_token } = await bodyOf(
      await token({ ...credentials, scope: 'revocable:read' }, { basic }),
    );
    expect((await world.send('/admin/api/keys', { bearer: access_token })).status).toBe(401);
    const answer = await withNonceOf(nonce =>
      world.send('/admin/api/keys', {
        headers: {
          authorization: `DPoP ${access_token}`,
          dpop: prover.prove({
            method: 'GET',
            path: '/admin/api/keys',
            token: access_token,
            ...(nonce && { nonce }),
          }),
        },
      }),
    );
    expect(answer.status).toBe(200);
  });
});

describe('what others are told', () => {
  it('introspection: cnf and token_type (section 6.2)', async () => {
    const { accessToken } = await newSession(true);
    const answer = await world.send('/introspect', {
      form: { token: accessToken },
      basic: ['stock', 'stock-secret'],
    });
    expect(await answer.json()).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: prover.jkt } });
  });

  it('metadata: the algorithms (section 5.1)', async () => {
    const body = await (await world.send('/.well-known/oauth-authorization-server')).json();
    expect(body.dpop_signing_alg_values_supported).toEqual(
      expect.arrayContaining(['ES256', 'EdDSA', 'PS256']),
    );
    expect(body.dpop_signing_alg_values_supported).not.toContain('HS256');
  });

  it('pages of other origins may send a proof and read the nonce (section 8)', async () => {
    const asking = { origin: SHOP, 'access-control-request-method': 'POST' };
    const preflight = await world.send('/token', { method: 'OPTIONS', headers: asking });
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bdpop\b/);
    const form = { ...credentials };
    const answer = await world.send('/token', {
      form,
      ...robot,
      headers: { origin: SHOP, dpop: prover.prove() },
    });
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/\bDPoP-Nonce\b/);
    expect(answer.headers.get('dpop-nonce')).toBeTruthy();
  });
});
