/** The cut of a key counts for what it proved, whatever a token or a key set calls it. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type Authority,
  createAuthority,
  createKeySet,
  createVerifier,
  followRevocations,
  openStore,
  publicKey,
  type Replica,
  type Store,
  thumbprint,
  type Verifier,
} from 'revocable';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ISSUER = 'https://auth.example';
const stolen = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Whoever has the key writes what they like into the header. */
function signedBy(key: KeyObject, header: object): string {
  const now = Date.now();
  const iat = Math.floor(now / 1000);
  const times = { iat, exp: iat + 300, modified_at: now, refresh_modified_at: now };
  const claims = { iss: ISSUER, aud: 'api', sub: 'ada', jti: '1', ...times };
  const text = `${base64url({ alg: 'ES256', typ: 'at+jwt', ...header })}.${base64url(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

let store: Store;
let authority: Authority;
let replica: Replica;
beforeEach(async () => {
  store = await openStore('memory:');
  authority = await createAuthority({ store, issuer: ISSUER, audience: 'api', signing: { alg: 'ES256' } });
  replica = await followRevocations(store);
});
afterEach(async () => {
  replica.close();
  await authority.close();
  await store.close();
});

/** Its key set is stale: it still has the key, under a label of its own. */
const verifierThatCallsIt = (kid: string): Verifier =>
  createVerifier({
    keys: createKeySet([publicKey('ES256', stolen.publicKey, { kid })]),
    issuer: ISSUER,
    audience: 'api',
    revocation: replica,
    cache: true,
  });

describe('25: after the cut of a key', () => {
  const own = thumbprint(publicKey('ES256', stolen.publicKey));
  test.each([
    ['by its label', 'stolen', 'stolen'],
    ['by its thumbprint, at whoever has it under that', own, own],
    ['by its thumbprint, at whoever has it under another label', own, 'another'],
  ])('%s, nothing that it proved passes: with its label, with none, remembered', async (_, key, label) => {
    const verifier = verifierThatCallsIt(label);
    const tokens = [{ kid: label }, {}].map(header => signedBy(stolen.privateKey, header));
    for (const token of tokens) expect(verifier.check(token)).toMatchObject({ ok: true });
    await authority.revoke({ key });
    await expect.poll(() => verifier.check(tokens[0])).toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
    const fresh = [{ kid: label }, {}].map(header => signedBy(stolen.privateKey, header));
    for (const token of [...tokens, ...fresh])
      expect(verifier.check(token)).toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
  });
});
