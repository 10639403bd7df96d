/** Tokens that somebody else signs, without our stamps: an authority that only takes back, and verifiers that judge by `iat`. */
import {
  createAuthority,
  createKeySet,
  createSigner,
  createVerifier,
  followRevocations,
  generateKey,
  openStore,
} from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const issuer = 'https://tenant.eu.auth0.example/';
const audience = 'api';
const keys = createKeySet([generateKey('ES256', { kid: 'theirs' })]);
const signer = createSigner({ key: keys, issuer, audience, expiresIn: '24h' });
const now = Math.floor(Date.now() / 1000);
const tokenOf = (claims: object): string => signer.sign({ sub: 'auth0|1', iat: now - 60, ...claims });

let authority: Awaited<ReturnType<typeof createAuthority>>;
let revocation: Awaited<ReturnType<typeof followRevocations>>;
let verifier: ReturnType<typeof createVerifier>;
beforeAll(async () => {
  const store = await openStore('memory:');
  authority = await createAuthority({ store, issuer, audience, signing: null, access: { expiresIn: '24h' } });
  revocation = await followRevocations(store);
  verifier = createVerifier({ keys, issuer, audience, revocation });
});
afterAll(async () => {
  revocation.close();
  await authority.close();
});

const outcome = (token: string): string => {
  const checked = verifier.check(token);
  return checked.ok ? 'accepted' : `${checked.code} ${checked.action}`;
};

describe('tokens of another issuer', () => {
  it('are taken back by their subject, and accepted again with a later iat', async () => {
    expect(outcome(tokenOf({}))).toBe('accepted');
    const { cursor } = await authority.revoke({ subject: 'auth0|1' });
    await authority.settled(cursor);
    expect(outcome(tokenOf({}))).toBe('ERR_TOKEN_REVOKED login');
    expect(outcome(tokenOf({ sub: 'auth0|2' }))).toBe('accepted');
    // That issuer's clock may be ahead by five seconds.
    expect(outcome(tokenOf({ iat: Math.floor(Date.now() / 1000) + 4 }))).toBe('ERR_TOKEN_REVOKED login');
    expect(outcome(tokenOf({ iat: Math.ceil(Date.now() / 1000) + 6 }))).toBe('accepted');
  });

  it('are taken back by session, client and token, where they carry such claims', async () => {
    const claims = { sub: 'kc-1', sid: 'session-1', client_id: 'shop', jti: 'token-1' };
    const other = { sub: 'kc-1', sid: 'session-2', client_id: 'desk', jti: 'token-2' };
    await authority.revoke({ session: 'session-1' });
    expect([outcome(tokenOf(claims)), outcome(tokenOf(other))]).toEqual([
      'ERR_TOKEN_REVOKED login',
      'accepted',
    ]);
    await authority.revoke({ client: 'desk' });
    expect(outcome(tokenOf(other))).toBe('ERR_TOKEN_REVOKED login');
  });

  it('need an iat once something that they stand in is cut off', async () => {
    const timeless = createSigner({ key: keys, issuer, audience, expiresIn: '1h' });
    expect(outcome(timeless.sign({ sub: 'auth0|3' }))).toBe('accepted');
    expect(revocation.isRevoked({ iss: issuer, sub: 'auth0|4' })).toBe(false);
    await authority.revoke({ subject: 'auth0|4' });
    expect(revocation.isRevoked({ iss: issuer, sub: 'auth0|4' })).toBe(true);
  });

  it('serve another library as its hook, by the key that proved them too', async () => {
    const claims = { iss: issuer, sub: 'auth0|5', iat: now };
    expect(revocation.isRevoked(claims, 'theirs')).toBe(false);
    await authority.revoke({ key: 'stolen' });
    expect(revocation.isRevoked(claims, 'stolen')).toBe(true);
    expect(revocation.isRevoked(claims, 'theirs')).toBe(false);
  });

  it('are signed by nobody here', async () => {
    await expect(authority.issue({ subject: 'auth0|1' })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });
});
