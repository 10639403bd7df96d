/** JSON at its edges, where a changed line of `json.ts` would go unnoticed by whole tokens. */
import { describe, expect, test } from 'vitest';
import { parseJsonObject, parseJsonText, readJsonText } from '#jose/json';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

test('octets that are no UTF-8 are no JSON', () => {
  expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
  expect(parseJsonObject(bytes('{"\u00ff":1}'))).toEqual({ '\u00ff': 1 });
});

test('a part of a larger buffer is read, and no more', () => {
  const whole = bytes('xx{"a":1}yy');
  expect(parseJsonObject(whole.subarray(2, -2))).toEqual({ a: 1 });
});

describe('a doubled member, whatever stands before its colon', () => {
  test.each([' ', '\n', '\r', '\t', ' \n', '\r\n', '  '])('%j', space => {
    expect(parseJsonText(`{"a"${space}:1,"a":2}`)).toBeUndefined();
    expect(parseJsonText(`{"a":1,"a"${space}:2}`)).toBeUndefined();
    expect(parseJsonText(`{"x":{"a"${space}:1,"a"${space}:2}}`)).toBeUndefined();
    expect(parseJsonText(`{"a"${space}:1,"b"${space}:{"a":":"}}`)).toEqual({ a: 1, b: { a: ':' } });
  });

  test('nor whatever stands in texts', () => {
    expect(parseJsonText('{"a":"\\":","b":":","c":"\\\\"}')).toEqual({ a: '":', b: ':', c: '\\' });
    expect(parseJsonText('{"a":"\\"","a":1}')).toBeUndefined();
    expect(parseJsonText('{"a":":","a":"::"}')).toBeUndefined();
    expect(parseJsonText('{"a:":[":",{"b":":\\\\"}],"c":null}')).toEqual({
      'a:': [':', { b: ':\\' }],
      c: null,
    });
  });
});

describe('depth', () => {
  const lists = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const objects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  const mixed = (depth: number): string =>
    `{"a":${'[{"b":'.repeat((depth - 2) / 2)}[]${'}]'.repeat((depth - 2) / 2)}}`;

  test.each([lists, objects, mixed])('100 is taken and 101 is not, %#', make => {
    expect(parseJsonText(make(100))).toEqual(JSON.parse(make(100)));
    expect(parseJsonText(make(102))).toBeUndefined();
  });

  test('101 exactly', () => {
    expect(parseJsonText(lists(101))).toBeUndefined();
    expect(parseJsonText(objects(101))).toBeUndefined();
  });

  test('an object at the bottom is read like any other', () => {
    const text = `{"a":${'['.repeat(50)}{"b":1,"b":2}${']'.repeat(50)}}`;
    expect(parseJsonText(text)).toBeUndefined();
  });
});

test('every value is frozen, empty ones and those in lists too', () => {
  const value = parseJsonText('{"a":[],"b":{},"c":[[1],{"d":[{}]}],"e":null}') as never;
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    expect(Object.isFrozen(one)).toBe(true);
    Object.values(one).forEach(walk);
  };
  walk(value);
});

test('what is no object is none', () => {
  for (const text of ['null', '[]', '[{}]', '1', '""', 'true', '', '{'])
    expect(parseJsonText(text)).toBeUndefined();
});

test('what someone put into every object is no member', () => {
  const prototype = Object.prototype as { polluted?: unknown };
  prototype.polluted = { admin: true };
  try {
    expect(parseJsonText('{"a":{"b":1}}')).toEqual({ a: { b: 1 } });
    expect(parseJsonText('{"a":1,"a":2}')).toBeUndefined();
  } finally {
    delete prototype.polluted;
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('what is only read is not frozen, and refused for the same reasons', () => {
  const value = readJsonText('{"a":[1,{"b":2}]}') as { a: [number, object] };
  expect(value).toEqual({ a: [1, { b: 2 }] });
  for (const one of [value, value.a, value.a[1]]) expect(Object.isFrozen(one)).toBe(false);
  for (const text of ['[]', '{', '{"a":1,"a":2}', '{"a":{"__proto__":1}}', `{"a":${'['.repeat(100)}`])
    expect(readJsonText(text)).toBeUndefined();
});

test('no member is named __proto__, however it is written and wherever it stands', () => {
  for (const text of ['{"__proto__":1}', '{"__proto__":{}}', '{"a":[{"\\u005f_proto__":null}]}'])
    expect(parseJsonText(text)).toBeUndefined();
  expect(parseJsonText('{"proto":1,"a":"__proto__"}')).toEqual({ proto: 1, a: '__proto__' });
});

test('null is no level', () => {
  const text = `{"a":${'['.repeat(99)}null${']'.repeat(99)}}`;
  expect(parseJsonText(text)).toEqual(JSON.parse(text));
  const object = `${'{"a":'.repeat(100)}null${'}'.repeat(100)}`;
  expect(parseJsonText(object)).toEqual(JSON.parse(object));
});
