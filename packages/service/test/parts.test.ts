/** The small rooms: addresses, devices, origins, passwords. */

import { describe, expect, it } from 'vitest';
import { createAddressOf } from '#address';
import { deviceOf } from '#device';
import { isLoopback, isOrigin } from '#origins';
import { createPasswords } from '#passwords';
import { randomPassword, randomSubject } from '#random-text';
import { ago, count, span } from '#words';

describe('where a request came from', () => {
  const request = (forwarded?: string) =>
    new Request('http://localhost/', {
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    });
  const addressOf = createAddressOf(['10.0.0.0/8', '::1', '2001:db8::/32']);

  it.each([
    ['nobody trusted', '192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['one proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a forged beginning', '10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['two proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['IPv6', '2001:db8::5', '2001:db9::1', '2001:db9::1'],
    ['IPv4 on an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['nonsense from a proxy', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ])('%s', (_, socket, forwarded, address) => {
    expect(addressOf(request(forwarded), socket)).toBe(address);
  });
});

describe('a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    ['curl/8.5.0', 'curl'],
    ['demo', 'demo'],
    [null, 'unknown device'],
  ])('%s', (agent, device) => {
    expect(deviceOf(agent)).toBe(device);
  });
});

describe('origins', () => {
  it.each(['https://a.example', 'https://a.example:8443', 'http://localhost:4700'])('%s is one', text => {
    expect(isOrigin(text)).toBe(true);
  });
  it.each([
    'https://a.example/',
    'https://a.example/x',
    'ftp://a.example',
    'null',
    '*',
    'https://a.example:443',
  ])('%s is none', text => {
    expect(isOrigin(text)).toBe(false);
  });
  it('knows this very machine', () => {
    expect(['localhost', 'app.localhost', '127.0.0.1', '127.9.9.9', '[::1]'].every(isLoopback)).toBe(true);
    expect(['localhost.example', '128.0.0.1', '127.0.0.1.example', '10.0.0.1'].some(isLoopback)).toBe(false);
  });
});

describe('passwords', () => {
  it('are argon2id, and no hash is like another', async () => {
    const passwords = createPasswords(4);
    const [first, second] = [await passwords.hash('a-password'), await passwords.hash('a-password')];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
    expect(await passwords.isRight('a-password', first)).toBe(true);
    expect(await passwords.isRight('another', first)).toBe(false);
    expect(await passwords.isRight('a-password', undefined)).toBe(false);
  });

  it('are the same however a keyboard composes their letters', async () => {
    const passwords = createPasswords(4);
    expect(await passwords.isRight('cafe\u0301', await passwords.hash('caf\u00e9'))).toBe(true);
  });

  it('made here are readable and not alike', () => {
    const made = Array.from({ length: 200 }, randomPassword);
    expect(new Set(made).size).toBe(200);
    for (const password of made)
      expect(password).toMatch(/^([a-km-zA-HJ-NP-Z2-9]{4}-){3}[a-km-zA-HJ-NP-Z2-9]{4}$/);
    expect(randomSubject()).toMatch(/^u_[a-z0-9]{20}$/);
  });
});

it('figures in words', () => {
  expect([count(1, 'device'), count(1204, 'device')]).toEqual(['1 device', '1,204 devices']);
  expect([span(41_000), span(300_000), span(7_200_000), span(3 * 86_400_000)]).toEqual([
    '41 s',
    '5 min',
    '2 h',
    '3 d',
  ]);
  expect([ago(1000, 1500), ago(0, 240_000)]).toEqual(['now', '4 min ago']);
});
