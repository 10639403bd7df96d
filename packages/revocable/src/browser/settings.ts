/** The options of the client, checked once. */
import { misuse } from './mistake.ts';

export interface ClientOptions {
  /** `POST` address that exchanges the session cookie for an access token. */
  readonly refreshUrl: string | URL;
  /** Where to sign in; `return_to` is added. Without it nothing navigates and `onLogout` is the place to act. */
  readonly loginUrl?: string | URL;
  /** `POST` address that ends the session; `logout` needs it. */
  readonly logoutUrl?: string | URL;
  /** Other origins that get the token, such as `https://api.example`. The page's own always does. */
  readonly origins?: readonly string[];
}

export interface Settings {
  readonly refreshUrl: string;
  readonly loginUrl: string | undefined;
  readonly logoutUrl: string | undefined;
  readonly origins: ReadonlySet<string>;
}

const OPTIONS = ['refreshUrl', 'loginUrl', 'logoutUrl', 'origins'];

/**
 * @param base the page's address, for relative ones
 * @throws {ClientError} ERR_CONFIG_INVALID for an unknown, missing or unsafe option
 */
export function settingsOf(options: ClientOptions, base: string): Settings {
  if (typeof options !== 'object' || options === null) throw misuse('createClient takes an options object.');
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name))
      throw misuse(`createClient has no option "${name}". It has: ${OPTIONS.join(', ')}.`);
  const { refreshUrl, loginUrl, logoutUrl, origins = [] } = options;
  if (!Array.isArray(origins)) throw misuse('"origins" is an array.');
  return {
    refreshUrl: address(refreshUrl, 'refreshUrl', base),
    loginUrl: loginUrl === undefined ? undefined : address(loginUrl, 'loginUrl', base),
    logoutUrl: logoutUrl === undefined ? undefined : address(logoutUrl, 'logoutUrl', base),
    origins: new Set([new URL(base).origin, ...origins.map(originOf)]),
  };
}

function address(url: unknown, name: string, base: string): string {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string' || text === '' || !URL.canParse(text, base))
    throw misuse(`"${name}" is a URL.`);
  const parsed = new URL(text, base);
  if (parsed.origin !== new URL(base).origin && !isProtected(parsed))
    throw misuse(`"${name}" is https, or http on this machine.`);
  return parsed.href;
}

function originOf(origin: unknown): string {
  if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin)
    throw misuse('"origins" are written like https://api.example: no path, no slash at the end.');
  if (!isProtected(new URL(origin)))
    throw misuse(`"origins" are https, or http on this machine; ${origin} is neither.`);
  return origin;
}

function isProtected({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  const local = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]';
  return protocol === 'http:' && (local || isLoopback4(hostname));
}

/** 127.0.0.0/8. A URL has brought every spelling of an IPv4 address into four decimal parts. */
function isLoopback4(hostname: string): boolean {
  const parts = hostname.split('.');
  return (
    parts.length === 4 &&
    parts[0] === '127' &&
    parts.every(part => part !== '' && !Number.isNaN(Number(part)))
  );
}
