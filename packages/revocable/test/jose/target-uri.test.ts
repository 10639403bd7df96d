/** Target URIs: two spellings of one are one text, and what is none of http is none. */
import { expect, test } from 'vitest';
import { targetUri } from '#jose/target-uri';

test('are compared after normalization', () => {
  expect(targetUri('HTTP://Example.com:80/%7Euser/%c3%a9/./b/../%2f?q#f')).toBe(
    'http://example.com/~user/%C3%A9/%2F',
  );
  expect(targetUri('https://example.com')).toBe('https://example.com/');
  expect(targetUri('https://example.com:443/a')).toBe('https://example.com/a');
  expect(targetUri('https://example.com:80/a')).toBe('https://example.com:80/a');
});

test('what is not escaped stays as it is', () => {
  for (const path of ['/100%', '/%zz%4', '/%c', '/%4g', '/%g4', '/a%2'])
    expect(targetUri(`https://example.com${path}`)).toBe(`https://example.com${path}`);
});

test('each unreserved character, and no other, is freed of its escape: RFC 3986 section 2.3', () => {
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code);
    const escaped = `%${code.toString(16).toUpperCase()}`;
    const expected = /[\w.~-]/.test(character) ? character : escaped;
    expect(targetUri(`https://example.com/x${escaped.toLowerCase()}y`)).toBe(
      `https://example.com/x${expected}y`,
    );
  }
});

test('normalizing twice changes nothing', () => {
  for (const uri of ['https://a.b/%25%37%65', 'https://a.b/%2e%2e/x', 'https://a.b/%41%5a%2d'])
    expect(targetUri(targetUri(uri) as string)).toBe(targetUri(uri));
});

test('others have none', () => {
  for (const uri of ['', 'x', '/x', 'mailto:a@b', 'https://', 'ftp://h/', 'ws://h/'])
    expect(targetUri(uri)).toBeUndefined();
  for (const uri of ['https://u:p@h/', 'https://u@h/', 'https://:p@h/'])
    expect(targetUri(uri)).toBeUndefined();
});
