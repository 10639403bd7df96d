import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as errors from '#errors';
import { refusalOf } from '#http/challenge';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

/** The rows of all tables whose first cell is a code. */
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| `ERR_'))
  .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')))
  .map(([, code = '', className = '', when = '', action = '', http = '']) => ({
    code,
    className,
    when,
    action,
    http,
  }));

describe('docs/errors.md', () => {
  it('has each code of errors.ts once, and no other', () => {
    expect(rows.map(row => row.code).sort()).toEqual([...errors.errorCodes].sort());
  });

  it.each(rows)('$code: action, status and OAuth error are those of the code', ({ code, action, http }) => {
    const error = new errors.RevocableError(code as errors.ErrorCode, 'for the log');
    const refusal = refusalOf(error);
    expect(action).toBe(error.action);
    expect(http).toBe(`${refusal.status} ${refusal.body.error}`);
  });

  it.each(rows)('$code: names an exported class of the tree, and says when', ({ className, when }) => {
    const named = Object.entries(errors).find(([name]) => name === className)?.[1];
    expect(named).toBeTypeOf('function');
    expect(Object.getPrototypeOf((named as typeof errors.RevocableError).prototype)).toBeInstanceOf(Error);
    expect(when.length).toBeGreaterThan(20);
  });
});
