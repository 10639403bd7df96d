/** In the page: `fetch` with an access token that lives in memory and is renewed once for all tabs. */
import { type Client, clientOn } from './client.ts';
import { systemPage } from './page.ts';
import type { ClientOptions } from './settings.ts';

export type { Session } from './access-token.ts';
export type { Client, LogoutEvent } from './client.ts';
export type { ClientError } from './mistake.ts';
export type { ClientOptions, CodeOptions, CookieOptions } from './settings.ts';

/**
 * A client for a page on the site of its token service, which holds the session in a cookie; or for a page elsewhere, which
 * gets codes. Make the latter as soon as the page has loaded: it takes the code out of the address.
 * @example
 * const client = createClient({ refreshUrl: 'https://auth.example/refresh', loginUrl: 'https://auth.example/login',
 *   logoutUrl: 'https://auth.example/logout', origins: ['https://api.example'] });
 * const orders = await client.fetch('https://api.example/orders');
 * @example
 * const client = createClient({ issuer: 'https://auth.example', clientId: 'shop',
 *   redirectUri: 'https://shop.test/callback', origins: ['https://api.example'] });
 * @throws {ClientError} ERR_CONFIG_INVALID for an unknown, missing or unsafe option
 */
export function createClient(options: ClientOptions): Client {
  return clientOn(systemPage(), options);
}
