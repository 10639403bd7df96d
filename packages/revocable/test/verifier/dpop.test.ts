/** Tokens that are bound to a key: RFC 9449 sections 6 to 9 and 11. */

import type { DpopOptions, DpopRequest } from 'revocable';
import {
  ConfigError,
  combineVerifiers,
  createSigner,
  createVerifier,
  generateKey,
  RevocableError,
  TokenProofError,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { createDpopJudge } from '#verifier/dpop';
import { createDpopMemory } from '#verifier/dpop-memory';
import { createProver, type Wish } from '../jose/prover.ts';

const ISSUER = 'https://auth.example';
const URL = 'https://api.example/orders';
const SECRET = new Uint8Array(32).fill(7);
const key = generateKey('ES256');
const prover = createProver();
const signer = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '1h' });
const bound = signer.sign({ sub: 'ada', cnf: { jkt: prover.jkt } });
const plain = signer.sign({ sub: 'ada' });

const verifierWith = (dpop?: DpopOptions | null, clock: () => number = Date.now) =>
  createVerifier({ keys: key, issuer: ISSUER, audience: 'api', clock, ...(dpop !== undefined && { dpop }) });

const sent = (wish: Wish = {}, token = bound): DpopRequest => ({
  proof: prover.prove({ method: 'GET', url: URL, token, ...wish }),
  method: 'GET',
  url: `${URL}?page=2`,
});

function refusalOf(verify: () => unknown): {
  code: string;
  claim?: string;
  reason?: string;
  fault?: string;
  nonce?: string;
} {
  try {
    verify();
  } catch (error) {
    if (error instanceof RevocableError) return error as never;
    throw error;
  }
  return { code: 'none' };
}

describe('a bound token', () => {
  const verifier = verifierWith();

  test('is taken with a proof of its key, by each of the three', async () => {
    expect((await verifier.verify(bound, { dpop: sent() })).claims['cnf']).toEqual({ jkt: prover.jkt });
    expect(verifier.verifySync(bound, { dpop: sent() }).claims.sub).toBe('ada');
    expect(verifier.check(bound, { dpop: sent() })).toMatchObject({ ok: true, claims: { sub: 'ada' } });
  });

  test('is refused without one, as a bearer token: section 7.2', async () => {
    const error = { code: 'ERR_TOKEN_CLAIM', claim: 'cnf', reason: 'mismatch', action: 'login' };
    expect(refusalOf(() => verifier.verifySync(bound))).toMatchObject(error);
    expect(refusalOf(() => verifier.verifySync(bound, {}))).toMatchObject(error);
    const none = { proof: undefined, method: 'GET', url: URL };
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: none }))).toMatchObject(error);
    await expect(verifier.verify(bound)).rejects.toMatchObject(error);
    expect(verifier.check(bound)).toMatchObject({ ok: false, code: 'ERR_TOKEN_CLAIM' });
  });

  test('is refused with a proof of another key', () => {
    const proof = createProver().prove({ method: 'GET', url: URL, token: bound });
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: { ...sent(), proof } }))).toMatchObject({
      code: 'ERR_TOKEN_CLAIM',
      claim: 'cnf',
      reason: 'mismatch',
    });
  });

  test.each([
    ['without ath', { token: undefined }, 'ath'],
    ['for another token', { token: plain }, 'ath'],
    ['for another method', { method: 'POST' }, 'htm'],
    ['for another path', { url: 'https://api.example/users' }, 'htu'],
    ['61 s old', { iat: Math.floor(Date.now() / 1000) - 61 }, 'iat'],
    ['from 62 s ahead', { iat: Math.floor(Date.now() / 1000) + 62 }, 'iat'],
    ['that has expired', { claims: { exp: 1 } }, 'exp'],
  ])('is refused with a proof %s', (_, wish, fault) => {
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: sent(wish as Wish) }))).toMatchObject({
      code: 'ERR_TOKEN_PROOF',
      fault,
      action: 'none',
    });
  });

  test('is refused when the header came twice: section 4.3, point 1', () => {
    const proof = [sent().proof as string, sent().proof as string];
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: { ...sent(), proof } })).fault).toBe('form');
    expect(
      refusalOf(() => verifier.verifySync(bound, { dpop: { ...sent(), proof: proof.slice(0, 1) } })).code,
    ).toBe('none');
  });

  test('the cache of proved signatures remembers no binding', () => {
    const cached = createVerifier({ keys: key, issuer: ISSUER, audience: 'api', cache: true });
    cached.verifySync(bound, { dpop: sent() });
    expect(refusalOf(() => cached.verifySync(bound)).claim).toBe('cnf');
    expect(refusalOf(() => cached.verifySync(bound, { dpop: sent() })).code).toBe('none');
  });

  test('nothing is said of its binding before the signature holds, nor of the proof before the claims', () => {
    const forged = createSigner({
      key: generateKey('ES256'),
      issuer: ISSUER,
      audience: 'api',
      expiresIn: '1h',
    });
    expect(refusalOf(() => verifier.verifySync(forged.sign({ cnf: { jkt: 'x' } }))).code).toBe(
      'ERR_TOKEN_SIGNATURE',
    );
    const past = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '1h', clock: () => 0 });
    expect(refusalOf(() => verifier.verifySync(past.sign({ cnf: { jkt: 'x' } }))).code).toBe(
      'ERR_TOKEN_EXPIRED',
    );
  });

  test('a cnf of another form is refused, one of another method is not ours to judge (RFC 7800 section 3.1)', () => {
    for (const cnf of [null, 'x', 7, { jkt: 7 }, { jkt: null }])
      expect(refusalOf(() => verifier.verifySync(signer.sign({ cnf })))).toMatchObject({
        claim: 'cnf',
        reason: 'invalid',
      });
    expect(verifier.verifySync(signer.sign({ cnf: { 'x5t#S256': 'abc' } })).claims['cnf']).toBeDefined();
  });
});

describe('a plain token', () => {
  test('passes as ever, and with a header that is not there', () => {
    const none = { proof: undefined, method: 'GET', url: URL };
    expect(verifierWith().verifySync(plain).claims.sub).toBe('ada');
    expect(verifierWith().verifySync(plain, { dpop: none }).claims.sub).toBe('ada');
  });
  test('is refused with a proof: there is nothing that it confirms', () => {
    const request = sent({}, plain);
    expect(refusalOf(() => verifierWith().verifySync(plain, { dpop: request }))).toMatchObject({
      claim: 'cnf',
      reason: 'missing',
    });
  });
});

describe('replay: section 11.1', () => {
  test('a proof is good once', () => {
    const verifier = verifierWith();
    const request = sent();
    verifier.verifySync(bound, { dpop: request });
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: request }))).toMatchObject({
      code: 'ERR_TOKEN_PROOF',
      fault: 'replay',
    });
  });
  test('so is a jti, but of one key alone', () => {
    const verifier = verifierWith();
    const claims = { jti: 'the same' };
    verifier.verifySync(bound, { dpop: sent({ claims }) });
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: sent({ claims }) })).fault).toBe('replay');
    const other = createProver();
    const theirs = signer.sign({ cnf: { jkt: other.jkt } });
    const proof = other.prove({ method: 'GET', url: URL, token: theirs, claims });
    expect(refusalOf(() => verifier.verifySync(theirs, { dpop: { ...sent(), proof } })).code).toBe('none');
  });
  test('a second spelling of its ECDSA signature is the same proof', () => {
    const verifier = verifierWith();
    const request = sent();
    const [header, payload, signature = ''] = String(request.proof).split('.');
    const s = BigInt(`0x${Buffer.from(signature, 'base64url').subarray(32).toString('hex')}`);
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const mirrored = Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex');
    const twin = Buffer.concat([Buffer.from(signature, 'base64url').subarray(0, 32), mirrored]).toString(
      'base64url',
    );
    verifier.verifySync(bound, { dpop: request });
    const again = { ...request, proof: `${header}.${payload}.${twin}` };
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: again })).fault).toBe('replay');
  });
  test('what is refused for another reason uses nothing up', () => {
    const verifier = verifierWith();
    const request = sent();
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: { ...request, method: 'PUT' } })).fault).toBe(
      'htm',
    );
    expect(refusalOf(() => verifier.verifySync(bound, { dpop: request })).code).toBe('none');
  });
  test('it stays refused until it is too old, at every moment', () => {
    let now = 1_800_000_000_000;
    const clock = () => now;
    const verifier = verifierWith({ window: '30s' }, clock);
    const timely = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '1h', clock });
    const token = timely.sign({ cnf: { jkt: prover.jkt } });
    const request = sent({ iat: now / 1000 + 30 }, token); // the client's clock is ahead
    verifier.verifySync(token, { dpop: request });
    for (let second = 0; second < 70; second++, now += 1000) {
      const expected = second <= 60 ? 'replay' : 'iat';
      expect(refusalOf(() => verifier.verifySync(token, { dpop: request })).fault).toBe(expected);
    }
  });
  test('it is to be remembered for as long as it would be taken', () => {
    const now = 1_800_000_000_000;
    const { judge } = createDpopJudge({ window: '30s' }, () => now);
    for (const seconds of [-30, 0, 30]) {
      const request = { ...sent({ iat: now / 1000 + seconds }), url: URL };
      expect(judge(request, bound).until).toBe(now + (seconds + 30) * 1000 + 1);
    }
  });
  test('under a flood the window shrinks, and no replay passes', () => {
    let now = 1_800_000_000_000;
    const clock = () => now;
    const verifier = verifierWith({ maxProofs: 100 }, clock);
    const timely = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '1h', clock });
    const token = timely.sign({ cnf: { jkt: prover.jkt } });
    const seen: DpopRequest[] = [];
    for (let i = 0; i < 300; i++, now += 100) {
      const request = sent({ iat: Math.floor(now / 1000) }, token);
      expect(refusalOf(() => verifier.verifySync(token, { dpop: request })).code).toBe('none');
      seen.push(request);
    }
    for (const request of seen)
      expect(['replay', 'iat']).toContain(
        refusalOf(() => verifier.verifySync(token, { dpop: request })).fault,
      );
  });
  test('the memory is bounded, whatever comes', () => {
    const memory = createDpopMemory(1000);
    for (let i = 0; i < 50_000; i++) {
      memory.see(`id ${i}`, 60_000 + ((i * 7919) % 50_000), i);
      expect(memory.size).toBeLessThanOrEqual(1000);
    }
  });
  test('what has ended makes room without shrinking the window', () => {
    const memory = createDpopMemory(10);
    for (let i = 0; i < 10; i++) memory.see(`old ${i}`, 1000, 0);
    expect(memory.see('new', 60_000, 5000)).toBe('first');
    expect(memory.see('another', 8000, 5000)).toBe('first');
    expect(memory.size).toBe(2);
  });
});

describe('nonces: sections 8 and 9', () => {
  const start = 1_800_000_000_000;
  const world = (options: DpopOptions = {}) => {
    const time = { now: start };
    const clock = () => time.now;
    const verifier = verifierWith({ nonceSecret: SECRET, ...options }, clock);
    const token = createSigner({ key, issuer: ISSUER, audience: 'api', expiresIn: '1d', clock }).sign({
      cnf: { jkt: prover.jkt },
    });
    const verdict = (nonce: string | undefined, more: Wish = {}) =>
      refusalOf(() =>
        verifier.verifySync(token, {
          dpop: sent({ iat: Math.floor(time.now / 1000), ...(nonce && { nonce }), ...more }, token),
        }),
      );
    return { time, verifier, verdict };
  };

  test('without one the refusal brings one, and with that it passes', () => {
    const { verdict } = world();
    const refusal = verdict(undefined);
    expect(refusal).toMatchObject({ code: 'ERR_TOKEN_NONCE', fault: 'nonce', action: 'retry' });
    expect(refusal).toBeInstanceOf(TokenProofError);
    expect(verdict(refusal.nonce).code).toBe('none');
  });
  test('it is taken for two minutes, and then brings the next', () => {
    const { time, verifier, verdict } = world();
    const first = verifier.dpop?.nonce();
    for (let second = 0; second < 110; second++, time.now += 1000) expect(verdict(first).code).toBe('none');
    time.now = start + 120_000;
    const refusal = verdict(first);
    expect(refusal.code).toBe('ERR_TOKEN_NONCE');
    expect(refusal.nonce).not.toBe(first);
    expect(verdict(refusal.nonce).code).toBe('none');
  });
  test('a made-up one, an empty one and one of another secret are refused', () => {
    const { verdict } = world();
    const foreign = world({ nonceSecret: new Uint8Array(32).fill(8) }).verifier.dpop?.nonce();
    for (const nonce of ['made-up', foreign, 'A'.repeat(22)])
      expect(verdict(nonce).code).toBe('ERR_TOKEN_NONCE');
    expect(verdict(undefined, { claims: { nonce: '' } }).code).toBe('ERR_TOKEN_PROOF');
  });
  test('machines that share the secret take each other’s, also while it is changed', () => {
    const [old, young] = [SECRET, 'x'.repeat(32)];
    const one = world({ nonceSecret: [old] });
    const both = world({ nonceSecret: [young, old] });
    expect(both.verdict(one.verifier.dpop?.nonce()).code).toBe('none');
    const three = world({ nonceSecret: young });
    expect(three.verdict(both.verifier.dpop?.nonce()).code).toBe('none');
  });
  test('the client’s clock does not matter, and a proof made ahead of time is worth nothing', () => {
    const { time, verdict, verifier } = world();
    const nonce = verifier.dpop?.nonce();
    expect(verdict(nonce, { iat: start / 1000 - 86_400 }).code).toBe('none');
    time.now += 3_600_000;
    expect(verdict(nonce).code).toBe('ERR_TOKEN_NONCE');
  });
  test('a proof is good once, however often its nonce is used', () => {
    const { verdict, verifier } = world();
    const claims = { jti: 'once' };
    expect(verdict(verifier.dpop?.nonce(), { claims }).code).toBe('none');
    expect(verdict(verifier.dpop?.nonce(), { claims }).fault).toBe('replay');
    expect(verdict(verifier.dpop?.nonce()).code).toBe('none');
  });
  test('who has the newest is told no other', () => {
    const { time, verifier } = world();
    const nonce = verifier.dpop?.nonce() as string;
    const proof = prover.prove({ nonce });
    expect(verifier.dpop?.nonce(proof)).toBeUndefined();
    time.now += 10_000;
    expect(verifier.dpop?.nonce(proof)).toBe(verifier.dpop?.nonce());
  });
  test('a flood that filled the memory asks for a newer nonce', () => {
    const { time, verdict, verifier } = world({ maxProofs: 20 });
    const old = verifier.dpop?.nonce();
    for (let i = 0; i < 20; i++) expect(verdict(old).code).toBe('none');
    time.now += 10_000;
    const newer = verifier.dpop?.nonce();
    expect(verdict(newer).code).toBe('none');
    expect(verdict(old)).toMatchObject({ code: 'ERR_TOKEN_NONCE', nonce: newer });
  });
});

describe('options', () => {
  test('null: the binding is judged elsewhere', () => {
    const verifier = verifierWith(null);
    expect(verifier.verifySync(bound).claims.sub).toBe('ada');
    expect(verifier.dpop).toBeUndefined();
  });
  test.each([
    [{ window: 'soon' }],
    [{ nonceSecret: 'short' }],
    [{ nonceSecret: [] }],
    [{ maxProofs: 0 }],
    [{ maxProofs: 1.5 }],
    [{ nonces: true }],
    ['yes'],
  ])('%j is refused', dpop => {
    expect(() => verifierWith(dpop as DpopOptions)).toThrow(ConfigError);
  });
  test('what came with a token is checked, too', () => {
    const verifier = verifierWith();
    expect(() => verifier.verifySync(plain, { dpo: 1 } as never)).toThrow(ConfigError);
    for (const wrong of [{ url: '/orders' }, { url: 7 }, { method: '' }, { method: undefined }])
      expect(() => verifier.verifySync(bound, { dpop: { ...sent(), ...wrong } as DpopRequest })).toThrow(
        ConfigError,
      );
  });
  test('combined verifiers judge bindings, each its own', async () => {
    const other = createVerifier({
      keys: generateKey('ES256'),
      issuer: 'https://other.example',
      audience: 'api',
    });
    const both = combineVerifiers(verifierWith({ nonceSecret: SECRET }), other);
    expect(both.dpop?.algorithms).toContain('ES256');
    expect(refusalOf(() => both.verifySync(bound)).claim).toBe('cnf');
    const { nonce } = refusalOf(() => both.verifySync(bound, { dpop: sent() }));
    expect((await both.verify(bound, { dpop: sent({ nonce: nonce as string }) })).claims.sub).toBe('ada');
    expect(both.check(bound, { dpop: sent({ nonce: nonce as string }) }).ok).toBe(true);
  });
});
