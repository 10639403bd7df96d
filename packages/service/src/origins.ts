/** Origins: RFC 6454, and what counts as this very machine. */

/** Whether a text is exactly a http(s) origin: scheme, host and port, nothing else. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text.toLowerCase();
}

/** RFC 8252 section 8.3 and RFC 6761 section 6.3. */
export function isLoopback(hostname: string): boolean {
  const isName = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isName || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Where to send people after they signed in: the address that was asked for, when its origin is ours or registered.
 * @returns undefined for anything else, so that this page cannot be used to send people to a stranger
 */
export function safeReturn(
  asked: string | undefined,
  issuer: string,
  origins: ReadonlySet<string>,
): string | undefined {
  if (asked === undefined || asked === '' || !URL.canParse(asked, issuer)) return undefined;
  const url = new URL(asked, issuer);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.origin === issuer || origins.has(url.origin) ? url.href : undefined;
}

/** Whether people reach an origin over TLS, so that its cookies can be Secure. */
export const isSecure = (origin: string): boolean => origin.startsWith('https:');
