/** What code written against `@types/jsonwebtoken` relies on; the type check of the tests is half of this test. */
import jwt, {
  type GetPublicKeyOrSecret,
  type Jwt,
  type JwtPayload,
  type SignOptions,
  TokenExpiredError,
  type VerifyErrors,
  verify,
} from 'revocable/compat/jsonwebtoken';
import { describe, expect, expectTypeOf, test } from 'vitest';

const options: SignOptions = { expiresIn: '2 days', algorithm: 'HS256' };
const token = jwt.sign({ sub: 'user-1', roles: ['admin'] }, 'secret', options);

describe('the types', () => {
  test('of sign', () => {
    expectTypeOf(token).toEqualTypeOf<string>();
    const made = new Promise((resolve, reject) => {
      jwt.sign({}, 'secret', (error, encoded) => {
        expectTypeOf(error).toEqualTypeOf<Error | null>();
        expectTypeOf(encoded).toEqualTypeOf<string | undefined>();
        if (error === null) resolve(encoded);
        else reject(error);
      });
    });
    // @ts-expect-error the algorithm is one of a list
    expect(() => jwt.sign({}, 'secret', { algorithm: 'HS1' })).toThrow('"algorithm" must be a valid');
    return expect(made).resolves.toBeTypeOf('string');
  });

  test('of verify', () => {
    expectTypeOf(verify(token, 'secret')).toEqualTypeOf<JwtPayload | string>();
    expectTypeOf(verify(token, 'secret', { complete: true })).toEqualTypeOf<Jwt>();
    expect((verify(token, 'secret') as JwtPayload).roles.includes('admin')).toBe(true);
    const find: GetPublicKeyOrSecret = (header, done) =>
      done(null, header.alg === 'HS256' ? 'secret' : undefined);
    verify(token, find, (error, claims) => {
      expectTypeOf(error).toEqualTypeOf<VerifyErrors | null>();
      expectTypeOf(claims).toEqualTypeOf<JwtPayload | string | undefined>();
      expect(claims).toMatchObject({ sub: 'user-1' });
    });
    // @ts-expect-error a key callback needs a callback
    const nothing: () => string = () => verify(token, find);
    expect(nothing).toThrow('verify must be called asynchronous');
  });

  test('of decode and the errors', () => {
    expectTypeOf(jwt.decode(token)).toEqualTypeOf<null | JwtPayload | string>();
    expectTypeOf(jwt.decode(token, { complete: true })).toEqualTypeOf<null | Jwt>();
    class Mine extends jwt.JsonWebTokenError {}
    expect(new Mine('m')).toBeInstanceOf(jwt.JsonWebTokenError);
    expectTypeOf(new TokenExpiredError('m', new Date(0)).expiredAt).toEqualTypeOf<Date>();
  });
});
