import { describe, expect, it } from 'vitest';
import { nearest } from '#cli/nearest';

describe('the nearest name', () => {
  const names = ['issuer', 'audience', 'allow-weak', 'secret', 'secret-encoding', 'alg'];

  it('is what was meant, if it is near enough', () => {
    expect(nearest('isuser', names)).toBe('issuer');
    expect(nearest('audiences', names)).toBe('audience');
    expect(nearest('allow', names)).toBe('allow-weak');
    expect(nearest('secrt', names)).toBe('secret');
    expect(nearest('xyzzy', names)).toBeUndefined();
    expect(nearest('isuser', [])).toBeUndefined();
  });
});
