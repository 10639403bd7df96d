/** The options of the client, checked once. */
import { misuse } from './mistake.ts';

/** Of a page on the site of its token service, or of one elsewhere. */
export type ClientOptions = CookieOptions | CodeOptions;

export interface CookieOptions {
  /** `POST` address that exchanges the session cookie for an access token. */
  readonly refreshUrl: string | URL;
  /** Where to sign in; `return_to` is added. Without it nothing navigates and `onLogout` is the place to act. */
  readonly loginUrl?: string | URL;
  /** `POST` address that ends the session; `logout` needs it. */
  readonly logoutUrl?: string | URL;
  /** Other origins that get the token, such as `https://api.example`. The page's own always does. */
  readonly origins?: readonly string[];
}

/** For a page on another site, which signs people in by codes: RFC 6749 section 4.1, RFC 7636. */
export interface CodeOptions {
  /** Such as `https://auth.example`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Where codes come to: a page of this origin that makes this client, as it is registered there. */
  readonly redirectUri: string;
  /** What to ask for, separated by blanks. @default all that the client may have */
  readonly scope?: string;
  /** Other origins that get the token, such as `https://api.example`. The page's own always does. */
  readonly origins?: readonly string[];
}

export interface CookieSettings {
  readonly refreshUrl: string;
  readonly loginUrl: string | undefined;
  readonly logoutUrl: string | undefined;
}

export interface CodeSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string | undefined;
}

export interface Settings {
  readonly origins: ReadonlySet<string>;
  readonly cookie?: CookieSettings;
  readonly code?: CodeSettings;
}

const COOKIE_OPTIONS = ['refreshUrl', 'loginUrl', 'logoutUrl', 'origins'];
const CODE_OPTIONS = ['issuer', 'clientId', 'redirectUri', 'scope', 'origins'];

/**
 * @param base the page's address, for relative ones
 * @throws {ClientError} ERR_CONFIG_INVALID for an unknown, missing or unsafe option
 */
export function settingsOf(options: ClientOptions, base: string): Settings {
  if (typeof options !== 'object' || options === null) throw misuse('createClient takes an options object.');
  const isCode = 'issuer' in options;
  const known = isCode ? CODE_OPTIONS : COOKIE_OPTIONS;
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw misuse(
        `createClient has no option "${name}"${isCode ? ' beside "issuer"' : ''}. It has: ${known.join(', ')}.`,
      );
  const { origins = [] } = options;
  if (!Array.isArray(origins)) throw misuse('"origins" is an array.');
  const all = { origins: new Set([new URL(base).origin, ...origins.map(each => originOf(each, 'origins'))]) };
  return isCode
    ? { ...all, code: codeSettings(options, base) }
    : { ...all, cookie: cookieSettings(options, base) };
}

function cookieSettings({ refreshUrl, loginUrl, logoutUrl }: CookieOptions, base: string): CookieSettings {
  return {
    refreshUrl: address(refreshUrl, 'refreshUrl', base),
    loginUrl: loginUrl === undefined ? undefined : address(loginUrl, 'loginUrl', base),
    logoutUrl: logoutUrl === undefined ? undefined : address(logoutUrl, 'logoutUrl', base),
  };
}

function codeSettings({ issuer, clientId, redirectUri, scope }: CodeOptions, base: string): CodeSettings {
  if (typeof clientId !== 'string' || clientId === '') throw misuse('"clientId" is the name of the client.');
  if (scope !== undefined && typeof scope !== 'string') throw misuse('"scope" is a text.');
  if (!isProtected(new URL(base)))
    throw misuse(
      'A page that signs in by codes is https, or http on this machine: others cannot make hashes.',
    );
  if (typeof redirectUri !== 'string' || !URL.canParse(redirectUri))
    throw misuse('"redirectUri" is a whole URL.');
  if (new URL(redirectUri).origin !== new URL(base).origin)
    throw misuse('"redirectUri" is a page of this origin: no other one sees what this tab has kept.');
  return { issuer: originOf(issuer, 'issuer'), clientId, redirectUri, scope };
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

function originOf(origin: unknown, name: 'origins' | 'issuer'): string {
  const [verb, host] = name === 'origins' ? ['are', 'api'] : ['is', 'auth'];
  if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin)
    throw misuse(`"${name}" ${verb} written like https://${host}.example: no path, no slash at the end.`);
  if (!isProtected(new URL(origin)))
    throw misuse(`"${name}" ${verb} https, or http on this machine; ${origin} is neither.`);
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
