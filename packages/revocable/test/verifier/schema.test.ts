/** Schemas: zod and valibot, which put what they received into their messages and leave out what they do not know. */
import {
  createAuthority,
  createSigner,
  createVerifier,
  followRevocations,
  openStore,
  secretKey,
} from 'revocable';
import { authenticate } from 'revocable/fetch';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

const key = secretKey('HS256', new Uint8Array(32).fill(1));
const any = { keys: key, issuer: null, audience: null } as const;
const sign = (claims: object): string => createSigner({ key, expiresIn: '5m' }).sign(claims as never);
const wrong = (make: () => unknown, text: string): void => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  expect(make).toThrow(text);
};
const WORD = 'super-secret-role';

const zod = {
  roles: z.object({
    sub: z.string(),
    role: z.enum(['admin', 'user'], { error: ({ input }) => `not ${String(input)}` }).default('user'),
    deep: z.object({ list: z.array(z.object({ n: z.number() })) }).optional(),
  }),
  sub: z.object({ sub: z.string() }),
  throwing: z.object({
    a: z.string().transform(text => {
      if (text !== 'fine') throw new Error(`bad ${text}`);
      return text;
    }),
  }),
  slow: z.object({}).refine(async () => true),
};
const valibot = {
  roles: v.object({
    sub: v.string(),
    role: v.optional(v.picklist(['admin', 'user']), 'user'),
    deep: v.optional(v.object({ list: v.array(v.object({ n: v.number() })) })),
  }),
  sub: v.object({ sub: v.string() }),
  throwing: v.object({
    a: v.pipe(
      v.string(),
      v.transform(text => {
        if (text !== 'fine') throw new Error(`bad ${text}`);
        return text;
      }),
    ),
  }),
  slow: v.pipeAsync(
    v.object({}),
    v.checkAsync(async () => true),
  ),
};

describe.each([
  ['zod', zod],
  ['valibot', valibot],
])('a schema of %s', (_library, schemas) => {
  const verifier = createVerifier({ ...any, schema: schemas.roles });

  test('makes the claims; the token keeps its own for scopes and cuts', () => {
    const judge = vi.fn();
    const judged = createVerifier({
      ...{ keys: key, issuer: 'me', audience: null, schema: schemas.roles },
      revocation: { issuer: 'me', judge } as never,
    });
    const verified = judged.verifySync(sign({ sub: 'u1', scope: 'read', iss: 'me' }));
    expect(verified.claims).toEqual({ sub: 'u1', role: 'user' });
    expect(judge.mock.calls[0]?.[0]).toMatchObject({
      ...{ claims: { scope: 'read' }, typ: 'JWT', key: { kid: undefined } },
    });
    expect(verified.tokenClaims).toMatchObject({ scope: 'read' });
    expect(Object.keys(verified)).toEqual(['header', 'claims', 'key']);
  });

  test('says where, never what', () => {
    const standard = schemas.roles['~standard'].validate({ sub: 'u1', role: WORD });
    expect(JSON.stringify(standard)).toContain(WORD); // its own messages do
    const result = verifier.check(sign({ sub: 'u1', role: WORD }));
    expect(result).toMatchObject({
      ...{ ok: false, code: 'ERR_TOKEN_CLAIM', action: 'login' },
      error: { claim: 'role', reason: 'invalid' },
    });
    expect(result).not.toHaveProperty('error.cause');
    if (!result.ok)
      expect(`${result.error.message}${result.error.stack}${JSON.stringify(result)}`).not.toContain(WORD);
    expect(verifier.check(sign({}))).toMatchObject({ error: { claim: 'sub' } });
    expect(verifier.check(sign({ sub: 'u', deep: { list: [{ n: 1 }, { n: WORD }] } }))).toMatchObject({
      error: { claim: 'deep.list.1.n' },
    });
  });

  test('that throws is a refusal without its message, and ends no process', async () => {
    const picky = createVerifier({ ...any, schema: schemas.throwing as typeof zod.throwing });
    expect(picky.check(sign({ a: 'fine' })).ok).toBe(true);
    const result = picky.check(sign({ a: 'x-word' }));
    expect(result).toMatchObject({ ok: false, code: 'ERR_TOKEN_CLAIM' });
    if (!result.ok) expect(`${result.error.message}${String(result.error.cause)}`).not.toContain('x-word');
    await new Promise(resolve => setImmediate(resolve));
  });

  test('that answers by promise is wrong use', async () => {
    const slowly = createVerifier({ ...any, schema: schemas.slow as typeof zod.slow });
    wrong(() => slowly.verifySync(sign({})), 'promise');
    await expect(slowly.verify(sign({}))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  test('that leaves out what a revocation names does not save a token from it', async () => {
    await using store = await openStore('memory:');
    await using authority = await createAuthority({
      store,
      issuer: 'me',
      audience: 'api',
      signing: { alg: 'ES256' },
    });
    using revocation = await followRevocations(store);
    const strict = createVerifier({
      ...{ keys: await authorityKeys(authority), issuer: 'me', audience: 'api', revocation },
      schema: schemas.sub as typeof zod.sub,
    });
    for (const target of [
      { tenant: 't1' },
      { client: 'c1' },
      { subject: 'u1', tenant: 't1' },
      'session',
    ] as const) {
      const { accessToken, sessionId } = await authority.issue({ subject: 'u1', tenant: 't1', client: 'c1' });
      expect(strict.verifySync(accessToken).claims).toEqual({ sub: 'u1' });
      await authority.revoke(target === 'session' ? { session: sessionId as string } : target);
      await vi.waitFor(() => expect(strict.check(accessToken)).toMatchObject({ code: 'ERR_TOKEN_REVOKED' }));
    }
  });

  test('that leaves out the scope neither gives nor takes it', async () => {
    const guard = authenticate({
      verifier: createVerifier({ ...any, schema: schemas.sub as typeof zod.sub }),
      scope: 'read',
    });
    const request = (claims: object): Request =>
      new Request('https://api.example/', { headers: { authorization: `Bearer ${sign(claims)}` } });
    expect(await guard(request({ sub: 'u1', scope: 'read write' }))).toMatchObject({
      ok: true,
      auth: { claims: { sub: 'u1' } },
    });
    expect(await guard(request({ sub: 'u1', scope: 'write' }))).toMatchObject({
      error: { code: 'ERR_SCOPE_INSUFFICIENT' },
    });
  });
});

test('a schema cannot add a scope that the token has not', async () => {
  const schema = z.object({ sub: z.string() }).transform(claims => ({ ...claims, scope: 'admin' }));
  const guard = authenticate({ verifier: createVerifier({ ...any, schema }), scope: 'admin' });
  const headers = { authorization: `Bearer ${sign({ sub: 'u1' })}` };
  expect(await guard(new Request('https://api.example/', { headers }))).toMatchObject({
    error: { code: 'ERR_SCOPE_INSUFFICIENT' },
  });
});

describe('a schema of your own', () => {
  test('is asked after the claims and before the cuts', () => {
    const asked = vi.fn(() => ({ value: {} }));
    const schema = { '~standard': { version: 1, vendor: 'test', validate: asked } } as const;
    const revocation = { issuer: 'me', judge: vi.fn(() => expect(asked).toHaveBeenCalledOnce()) };
    const strict = createVerifier({
      ...{ keys: key, issuer: 'me', audience: null, schema },
      revocation: revocation as never,
    });
    expect(strict.check(sign({ iss: 'other' })).ok).toBe(false);
    expect(asked).not.toHaveBeenCalled();
    expect(strict.check(sign({ iss: 'me' })).ok).toBe(true);
    expect(revocation.judge).toHaveBeenCalledOnce();
  });

  test('gets claims that it cannot change', () => {
    const validate = (claims: unknown): { value: unknown } => {
      expect(Object.isFrozen(claims)).toBe(true);
      expect(() => Object.assign(claims as object, { sub: 'root' })).toThrow(TypeError);
      return { value: claims };
    };
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const verified = createVerifier({ ...any, schema }).verifySync(sign({ sub: 'u1' }));
    expect(verified.claims).toMatchObject({ sub: 'u1' });
  });

  test('of an issue, a long path is cut and one without a path is named by nothing', () => {
    const check = (path: unknown): unknown => {
      const validate = (): object => ({ issues: [{ message: WORD, path }] });
      const schema = { '~standard': { version: 1, vendor: 'test', validate } } as never;
      const result = createVerifier({ ...any, schema }).check(sign({}));
      return result.ok ? undefined : (result.error as unknown as { claim: string }).claim;
    };
    expect(check(undefined)).toBe('');
    expect(check([])).toBe('');
    expect(check(['a', 0, { key: 'b' }, { key: Symbol('c') }])).toBe('a.0.b.Symbol(c)');
    expect(check(['x'.repeat(200)])).toBe('x'.repeat(100));
  });
});

async function authorityKeys(authority: Awaited<ReturnType<typeof createAuthority>>): Promise<never> {
  const { createKeySet } = await import('revocable');
  return createKeySet(await authority.jwks()) as never;
}
