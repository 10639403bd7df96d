/** Where a client may have codes sent: RFC 6749 section 3.1.2, RFC 8252 section 7, RFC 9700 section 4.1.3. */
import { isLoopback } from './origins.ts';

/**
 * Whether a text can be registered: https, http on this very machine, or a private-use scheme, which has a dot
 * (RFC 8252 section 7.1); absolute, without fragment, name or password.
 */
export function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#') || /[\s\\]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' ? isLoopback(hostname) : protocol.includes('.');
}

/** Letter by letter equal to a registered one; of a loopback IP the port may be any: RFC 8252 section 7.3. */
export function isRegistered(asked: string, registered: readonly string[]): boolean {
  if (registered.includes(asked)) return true;
  const portless = withoutPort(asked);
  return portless !== undefined && registered.some(each => withoutPort(each) === portless);
}

/** Only as programs write it: another spelling of the address is another address. */
const LOOPBACK_IP = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?((?:[/?].*)?)$/s;

function withoutPort(uri: string): string | undefined {
  const [, host, rest] = LOOPBACK_IP.exec(uri) ?? [];
  return host === undefined || !isRedirectUri(uri) ? undefined : `${host}${rest}`;
}

/** Whether a program on the person's own machine listens there: any other program there could have opened the request. */
export function isOnThisMachine(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === 'http:' && isLoopback(hostname);
}

/** As a source of `form-action`, which knows no IPv6 address and no host behind a scheme of an app. */
export function formSource(redirectUri: string): string {
  const { protocol, origin, hostname } = new URL(redirectUri);
  const isHttp = protocol === 'https:' || protocol === 'http:';
  return isHttp && !hostname.startsWith('[') ? origin : protocol;
}

/** The address with the answer in its query, which it may have one of already: RFC 6749 section 4.1.2. */
export function withAnswer(redirectUri: string, answer: Readonly<Record<string, string>>): string {
  const separator = redirectUri.includes('?') ? '&' : '?';
  return `${redirectUri}${separator}${new URLSearchParams(answer)}`;
}
