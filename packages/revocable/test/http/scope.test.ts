import { describe, expect, it } from 'vitest';
import { createGuard, refuseInsufficientScope, requiredScopes } from '#http/index';
import { generateKey } from '#jose/generate';
import { createSigner } from '#jose/signer';
import { createVerifier } from '#verifier/index';

describe('scopes', () => {
  it.each<[Record<string, unknown>, boolean]>([
    [{ scope: 'read write' }, true],
    [{ scope: ['read', 'write'] }, true],
    [{ scp: 'write read' }, true],
    [{ scp: ['read', 'write'] }, true],
    [{ scope: 'read' }, false],
    [{ scope: 'reads writes' }, false],
    [{ scope: 'read,write' }, false],
    [{ scope: { read: true, write: true } }, false],
    [{ scope: '', scp: 'read write' }, false],
    [{}, false],
  ])('%j has read and write: %j', (claims, has) => {
    const judge = (): void => refuseInsufficientScope(claims, ['read', 'write']);
    if (has) judge();
    else expect(judge).toThrow(expect.objectContaining({ code: 'ERR_SCOPE_INSUFFICIENT' }));
  });

  it('are named by a text or an array, and nothing else', () => {
    expect(requiredScopes('read write', 'x')).toEqual(['read', 'write']);
    expect(requiredScopes(['read', 'write'], 'x')).toEqual(['read', 'write']);
    for (const wrong of ['', [], ['a"b'], [1], 'a  b', undefined])
      expect(() => requiredScopes(wrong as string, 'x')).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });

  it('are judged by the token, whatever its schema keeps', async () => {
    const key = generateKey('ES256');
    const sub = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (claims: unknown) => ({ value: { who: (claims as { sub: string }).sub } }),
      },
    } as const;
    const verifier = createVerifier({ keys: key, issuer: null, audience: null, schema: sub });
    const token = createSigner({ key, expiresIn: '1m' }).sign({ sub: 'ada', scope: 'read' });
    const request = {
      method: 'GET',
      header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined),
    };
    const judged = (scope: string): ReturnType<ReturnType<typeof createGuard>> =>
      createGuard({ verifier, scope })(request, {});
    expect(await judged('read')).toMatchObject({ ok: true, auth: { claims: { who: 'ada' } } });
    expect(await judged('write')).toMatchObject({ ok: false, status: 403 });
  });
});
