import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clientScope,
  identifier,
  keyScope,
  sessionScope,
  tenantScope,
  tokenScope,
  userScope,
} from '#revocation/scope';

test('24: scope(tenant, subject) is injective, separators and escapes included', () => {
  const part = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '2', '5', 'é'), maxLength: 4 });
  fc.assert(
    fc.property(part, part, part, part, (t1, s1, t2, s2) => {
      fc.pre(t1 !== t2 || s1 !== s2);
      expect(userScope(t1, s1)).not.toBe(userScope(t2, s2));
    }),
    { numRuns: 5000 },
  );
});

test('no tenant and the empty tenant are one user', () => {
  expect(userScope(undefined, 'ada')).toBe(userScope('', 'ada'));
  expect(userScope('', ':x')).not.toBe(userScope(':', 'x'));
});

test('scopes of different kinds never meet', () => {
  const all = [
    keyScope('x'),
    tenantScope('x'),
    clientScope('x'),
    userScope('', 'x'),
    sessionScope('x'),
    tokenScope('x'),
    'g',
  ];
  expect(new Set(all).size).toBe(all.length);
});

test('an identifier is well-formed, not empty, not endless; the error names it', () => {
  for (const bad of ['', '\ud800', 'a\udfffb', 'x'.repeat(1025), 7, undefined])
    expect(() => identifier(bad, 'subject')).toThrow(/"subject"/);
  for (const good of ['ada', '💡', 'x'.repeat(1024), 'e\u0301'])
    expect(identifier(good, 'subject')).toBe(good);
});
