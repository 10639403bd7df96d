import { describe, expect, it } from 'vitest';
import { isForgeable, type OriginRequest, refuseCrossOrigin } from '#http/index';

type Headers = Record<string, string | readonly string[]>;
const post = (headers: Headers, url?: string): OriginRequest => ({
  method: 'POST',
  url,
  header: name => headers[name],
});
const passes = (request: OriginRequest, origins?: string[]): boolean => {
  try {
    refuseCrossOrigin(request, origins);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CROSS_ORIGIN', action: 'none' });
    return false;
  }
};
const host = 'auth.example';

describe('refuseCrossOrigin', () => {
  it.each<[string, Headers]>([
    ['no browser', { host }],
    ['our own page', { host, 'sec-fetch-site': 'same-origin', origin: `https://${host}` }],
    ['the address bar', { host, 'sec-fetch-site': 'none' }],
    ['an old browser on our page', { host, origin: `https://${host}` }],
    ['a default port that somebody wrote', { host: `${host}:443`, origin: `https://${host}` }],
    ['a registered origin', { host, 'sec-fetch-site': 'same-site', origin: 'https://shop.example' }],
  ])('passes: %s', (_who, headers) => {
    expect(passes(post(headers), ['https://shop.example'])).toBe(true);
  });

  it.each<[string, Headers]>([
    ['another site', { host, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['another site that hides its origin', { host, 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { host, 'sec-fetch-site': 'same-site', origin: 'https://blog.example' }],
    ['our host over another scheme', { host, 'sec-fetch-site': 'cross-site', origin: `http://${host}` }],
    ['an opaque origin', { host, origin: 'null' }],
    ['a longer name', { host, origin: `https://${host}.evil.example` }],
    ['a registered origin with a path', { host, origin: 'https://shop.example/' }],
    ['a registered origin in capitals', { host, origin: 'HTTPS://SHOP.EXAMPLE' }],
    ['two origins', { host, origin: ['https://shop.example', 'https://evil.example'] }],
    ['two hosts', { host: [host, 'evil.example'], origin: `https://${host}` }],
    ['no host', { origin: 'https://' }],
    ['two sites', { host, 'sec-fetch-site': ['same-origin', 'cross-site'] }],
    ['nonsense', { host, 'sec-fetch-site': 'SAME-ORIGIN' }],
  ])('refuses: %s', (_who, headers) => {
    expect(passes(post(headers), ['https://shop.example'])).toBe(false);
  });

  it('takes the host from the URL where a Fetch request has no Host header', () => {
    expect(passes(post({ origin: `https://${host}` }, `https://${host}/login`))).toBe(true);
    expect(passes(post({ origin: 'https://evil.example' }, `https://${host}/login`))).toBe(false);
  });
});

describe('isForgeable', () => {
  it('is every method that may change something, and every upgrade', () => {
    const of = (method: string, headers: Headers = {}): boolean => isForgeable({ ...post(headers), method });
    expect(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'get'].filter(method => of(method))).toEqual([]);
    expect(['POST', 'PUT', 'PATCH', 'DELETE', 'MADE-UP', ''].filter(method => !of(method))).toEqual([]);
    expect(of('GET', { upgrade: 'websocket' })).toBe(true);
  });
});
