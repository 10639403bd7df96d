/** Protected headers: which are remembered and for how long, which members have a type, and what crit may say. */
import { describe, expect, test } from 'vitest';
import {
  checkCritical,
  checkHeader,
  checkOwnCritical,
  createHeaderMemory,
  type HeaderMemory,
  mediaType,
  type ProtectedHeader,
} from '#jose/header';
import { b64 } from './forge.ts';

const segmentOf = (header: object): string => b64(JSON.stringify({ alg: 'HS256', ...header }));
const read = (memory: HeaderMemory, segment: string): ProtectedHeader =>
  memory.headerOf(`${segment}.e30.c2ln`, segment.length + 1);
const remember = (memory: HeaderMemory, segment: string): void =>
  memory.remember(segment, read(memory, segment));
const refused = (make: () => unknown, code: string, words: string): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(words);
};
const [one, two, three] = [1, 2, 3].map(n => segmentOf({ n })) as [string, string, string];

describe('a memory', () => {
  test('knows a header by its whole text, and shows the same one again', () => {
    const memory = createHeaderMemory(9);
    const first = read(memory, one);
    expect(first).toMatchObject({ isRemembered: false, header: { n: 1 } });
    expect(read(memory, one)).not.toBe(first);
    for (const segment of [one, two]) remember(memory, segment);
    for (let round = 0; round < 2; round++)
      for (const [segment, n] of [
        [one, 1],
        [one, 1],
        [two, 2],
      ] as const) {
        const again = read(memory, segment);
        expect(again).toMatchObject({ isRemembered: true, header: { n } });
        expect(read(memory, segment)).toBe(again);
        expect(Object.isFrozen(again)).toBe(true);
      }
    expect(read(memory, three)).toMatchObject({ isRemembered: false, header: { n: 3 } });
  });

  test('knows nothing by the empty text', () => {
    const memory = createHeaderMemory(9);
    refused(() => read(memory, ''), 'ERR_TOKEN_MALFORMED', 'no base64url of a JSON object');
    remember(memory, one);
    read(memory, one);
    refused(() => read(memory, ''), 'ERR_TOKEN_MALFORMED', 'no base64url of a JSON object');
  });

  test('holds as many as it may; one more, and it begins anew', () => {
    const memory = createHeaderMemory(2);
    const known = (): boolean[] => [one, two, three].map(segment => read(memory, segment).isRemembered);
    remember(memory, one);
    remember(memory, two);
    expect(known()).toEqual([true, true, false]);
    remember(memory, three);
    expect(known()).toEqual([false, true, true]); // the second was shown last, and stays at hand until another is
    expect(known()).toEqual([false, false, true]);
  });

  test('holds headers of 512 characters, and no longer ones', () => {
    const memory = createHeaderMemory(9);
    const filled = (size: number): string => segmentOf({ x: 'x'.repeat(size) });
    const fits = filled(512 * 0.75 - Buffer.from(segmentOf({ x: '' }), 'base64url').length);
    expect(fits).toHaveLength(512);
    const exceeds = filled(512 * 0.75 - Buffer.from(segmentOf({ x: '' }), 'base64url').length + 1);
    for (const segment of [fits, exceeds]) remember(memory, segment);
    expect([fits, exceeds].map(segment => read(memory, segment).isRemembered)).toEqual([true, false]);
  });
});

describe('a header that is read', () => {
  const memory = createHeaderMemory(1);

  test('tells type, algorithm, and whether there is anything to judge', () => {
    expect(read(memory, segmentOf({ typ: 'application/AT+JWT' }))).toMatchObject({
      type: 'at+jwt',
      algorithm: { name: 'HS256' },
      isExtended: false,
    });
    expect(read(memory, segmentOf({ alg: 'none' }))).toMatchObject({ type: undefined, algorithm: undefined });
    for (const more of [{ crit: ['x'] }, { b64: true }, { b64: false, crit: ['b64'] }, { crit: null }])
      expect(read(memory, segmentOf(more)).isExtended).toBe(true);
  });

  test('is base64url of a JSON object', () => {
    for (const segment of ['', 'A', 'e30=', b64('[]'), b64('null'), b64('{'), b64('{"alg":"x","alg":"x"}')])
      refused(() => read(memory, segment), 'ERR_TOKEN_MALFORMED', 'is no base64url of a JSON object');
  });

  test('has an alg, and texts where texts are meant', () => {
    for (const alg of [undefined, null, 7, ['HS256']])
      refused(() => checkHeader({ alg } as never), 'ERR_TOKEN_MALFORMED', 'has no "alg"');
    for (const name of ['typ', 'kid', 'cty']) {
      expect(checkHeader({ alg: 'x', [name]: '' })).toEqual({ alg: 'x', [name]: '' });
      for (const value of [null, 7, {}, ['x'], false])
        refused(() => checkHeader({ alg: 'x', [name]: value }), 'ERR_TOKEN_MALFORMED', `has a "${name}"`);
    }
  });
});

test('media types: RFC 7515 section 4.1.9', () => {
  expect(mediaType(undefined)).toBeUndefined();
  for (const [typ, type] of [
    ['JWT', 'jwt'],
    ['application/JWT', 'jwt'],
    ['Application/x/y', 'application/x/y'],
    ['text/x', 'text/x'],
    ['', ''],
  ] as const)
    expect(mediaType(typ)).toBe(type);
});

describe('crit', () => {
  test('each fault by its name', () => {
    const judge = (header: object): unknown => checkCritical({ alg: 'x', ...header } as never, ['x', 'b64']);
    for (const header of [{}, { crit: ['x'], x: 1 }, { crit: ['b64'], b64: false }])
      expect(judge(header)).toBeUndefined();
    for (const [header, words] of [
      [{ b64: false }, 'a "b64" that it does not name in "crit"'],
      [{ crit: ['x'], x: 1, b64: true }, 'a "b64" that it does not name in "crit"'],
      [{ crit: 'x', x: 1 }, 'is no list of names'],
      [{ crit: [] }, 'is no list of names'],
      [{ crit: null }, 'is no list of names'],
      [{ crit: ['x', 'x'], x: 1 }, 'names a member twice'],
      [{ crit: [7], 7: 1 }, 'names what is not there'],
      [{ crit: ['x'] }, 'names what is not there'],
      [{ crit: ['alg'] }, 'names a member of the standard'],
      [{ crit: ['y'], y: 1 }, 'is not understood here'],
      [{ crit: ['b64'], b64: 'false' }, 'a "b64" that is no boolean'],
    ] as const)
      refused(() => judge(header), 'ERR_TOKEN_CRIT', words);
  });

  test('of a header to be signed is a mistake of its maker, who sees why', () => {
    expect(checkOwnCritical({ alg: 'x', crit: ['y'], y: 1 })).toBeUndefined();
    const wrong = (): void => checkOwnCritical({ alg: 'x', crit: ['alg'] });
    refused(wrong, 'ERR_CONFIG_INVALID', '"crit" names members of the header');
    expect(wrong).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_TOKEN_CRIT' }) }),
    );
  });
});
