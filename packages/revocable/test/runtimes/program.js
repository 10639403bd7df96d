/** What the library promises on every runtime, without a test runner. Prints one line of JSON, or dies. */
import assert from 'node:assert/strict';
import {
  createAuthority,
  createKeySet,
  createSigner,
  createVerifier,
  decode,
  exportJwk,
  exportPem,
  followRevocations,
  generateKey,
  importJwk,
  openStore,
  privateKey,
  publicKey,
} from 'revocable';
import { authenticate } from 'revocable/fetch';
import { algorithms, signJws, verifyJws } from 'revocable/jose';

const ISSUER = 'https://auth.example';
const lacking = algorithms.filter(alg => !works(alg));
await takesBack();
console.log(JSON.stringify({ works: algorithms.filter(alg => !lacking.includes(alg)), lacking }));

/** Signs and verifies; what the runtime lacks it says with one code. */
function works(alg) {
  let key;
  try {
    key = generateKey(alg);
  } catch (error) {
    assert.equal(error.code, 'ERR_KEY_INVALID');
    assert.match(error.message, /runtime/);
    return false;
  }
  isProved(alg, key);
  if (key.type !== 'secret') isCarried(alg, key);
  return true;
}

function isProved(alg, key) {
  const token = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '5m' }).sign({ sub: 'ada' });
  const verifier = createVerifier({ keys: key, issuer: ISSUER, audience: 'api', typ: null });
  assert.equal(verifier.verifySync(token).claims.sub, 'ada');
  assert.equal(decode(token).header.alg, alg);
  const other = `${token.slice(0, -6)}${token.at(-6) === 'A' ? 'B' : 'A'}${token.slice(-5)}`;
  assert.equal(verifier.check(other).code, 'ERR_TOKEN_SIGNATURE');
  const jws = signJws('text', { key });
  assert.equal(new TextDecoder().decode(verifyJws(jws, { keys: key }).payload), 'text');
}

/** Out as a JWK and as PEM, and in again. */
function isCarried(alg, key) {
  const token = createSigner({ key, expiresIn: '5m' }).sign({});
  const rules = { issuer: null, audience: null, typ: null };
  createVerifier({ keys: importJwk(exportJwk(key)), ...rules }).verifySync(token);
  createVerifier({ keys: publicKey(alg, exportPem(key)), ...rules }).verifySync(token);
  const again = privateKey(alg, exportPem(key, { private: true }));
  createVerifier({ keys: key, ...rules }).verifySync(createSigner({ key: again, expiresIn: '5m' }).sign({}));
}

/** A sign-in, a refresh and a revocation, which a guard that follows the store refuses at once. */
async function takesBack() {
  const store = await openStore('memory:');
  const authority = await createAuthority({
    store,
    issuer: ISSUER,
    audience: 'api',
    signing: { alg: 'ES256' },
  });
  const revocation = await followRevocations(store);
  await revocation.ready;
  const keys = createKeySet(authority.jwks());
  const guard = authenticate({
    verifier: createVerifier({ keys, issuer: ISSUER, audience: 'api', revocation }),
  });
  const ask = token =>
    guard(new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } }));

  const begun = await authority.begin();
  const pair = await authority.issue({ subject: 'ada', begun });
  const { accessToken } = await authority.refresh(pair.refreshToken);
  assert.equal((await ask(accessToken)).auth.claims.sub, 'ada');
  const { cursor } = await authority.revoke({ subject: 'ada' });
  await authority.settled(cursor);
  const { ok, error, response } = await ask(accessToken);
  assert.deepEqual(
    [ok, error.code, error.action, response.status],
    [false, 'ERR_TOKEN_REVOKED', 'login', 401],
  );
  for (const each of [revocation, authority, store]) await each.close();
}
