/** PEM (RFC 7468): which block is read, and from what. */
import { expect, test } from 'vitest';
import { looksLikePem, readPem } from '#jose/pem';

const block = (label: string, body = 'AAAA'): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const none = (text: string): void =>
  expect(() => readPem(text)).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));

test.each([
  ...['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'].map(label => [
    label,
    'private',
  ]),
  ...['PUBLIC KEY', 'RSA PUBLIC KEY'].map(label => [label, 'public']),
  ...['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'].map(label => [label, 'certificate']),
])('%s is %s', (label, kind) => {
  expect(readPem(block(label as string))).toEqual({ kind, text: block(label as string) });
});

test('what stands before a block and behind it is passed over', () => {
  const text = block('PUBLIC KEY');
  expect(readPem(`Bag Attributes\n  friendlyName: x\n${text}trailing`).text).toBe(text);
});

test('blocks of other things are passed over, the first that counts is read', () => {
  const all = block('EC PARAMETERS', 'BBBB') + block('PRIVATE KEY', 'CCCC') + block('CERTIFICATE');
  expect(readPem(all)).toEqual({ kind: 'private', text: block('PRIVATE KEY', 'CCCC') });
  expect(readPem(`-----BEGIN PUBLIC KEY-----\nAA\n${block('CERTIFICATE')}`).kind).toBe('certificate');
});

test('literal line breaks are line breaks', () => {
  const text = block('PRIVATE KEY', 'AAAA\nBBBB');
  expect(readPem(text.replaceAll('\n', '\\n')).text).toBe(text);
  expect(readPem(text.replaceAll('\n', '\\r\\n')).text).toBe(text);
  expect(readPem(text.replaceAll('\n', '\r\n')).text.replaceAll('\r', '')).toBe(text);
});

test('nothing complete is nothing', () => {
  none('');
  none('AAAA');
  none(block('CERTIFICATE REQUEST'));
  none(block('PUBLIC KEY').replace('END PUBLIC', 'END PRIVATE'));
  none('-----BEGIN PUBLIC KEY-----\nAAAA');
  none('-----BEGIN ');
  none('-----END PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----\n');
});

test('text and octets that begin like one', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const text of ['-----BEGIN X', ' \n-----BEGIN X', block('PUBLIC KEY')]) {
    expect(looksLikePem(text)).toBe(true);
    expect(looksLikePem(bytes(text))).toBe(true);
  }
  for (const text of ['', 'x-----BEGIN X', '----BEGIN X', '-----BEGINX', '-----begin X']) {
    expect(looksLikePem(text)).toBe(false);
    expect(looksLikePem(bytes(text))).toBe(false);
  }
  expect(looksLikePem(bytes(`${' '.repeat(64)}-----BEGIN X`))).toBe(false);
});
