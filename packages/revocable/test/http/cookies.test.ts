import { describe, expect, it } from 'vitest';
import { cookieValues, SESSION_COOKIE, sessionCookie, sessionCookieName } from '#http/index';

describe('cookies', () => {
  it('finds a cookie by its whole name, undecoded, as often as it is there', () => {
    const header = 'a=1; revocable=x%20y; xrevocable=2;revocable=z=; revocable; =q';
    expect(cookieValues(header, 'revocable')).toEqual(['x%20y', 'z=']);
    expect(cookieValues(header, 'Revocable')).toEqual([]);
    expect(cookieValues(undefined, 'revocable')).toEqual([]);
  });

  it('sets the session cookie as the contract of the service says', () => {
    expect(sessionCookie('s.1.mac', { secure: true, maxAge: 604_800 })).toBe(
      '__Host-Http-revocable=s.1.mac; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800',
    );
    expect(sessionCookie('', { secure: false, maxAge: 0 })).toBe(
      'revocable=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    );
    expect(sessionCookieName(true)).toBe(SESSION_COOKIE.secure);
  });

  it('refuses a value that would end the cookie', () => {
    for (const value of ['a;b', 'a b', 'a"b', 'a\r\nb', 'é'])
      expect(() => sessionCookie(value, { secure: true, maxAge: 1 })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });
});
