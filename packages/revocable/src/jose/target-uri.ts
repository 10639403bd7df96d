/** The target URI of a request, as it is compared: RFC 9110 section 7.1, RFC 9449 section 4.3. */

const HEX = '0123456789abcdefABCDEF';
const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';

/**
 * An http(s) URI without query and fragment, normalized by syntax and scheme (RFC 3986 sections 6.2.2 and 6.2.3), so
 * that two spellings of one URI are one text. Undefined for anything else.
 */
export function targetUri(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { protocol, origin, username, password, pathname } = new URL(uri);
  const isHttp = protocol === 'https:' || protocol === 'http:';
  if (!isHttp || username !== '' || password !== '') return undefined;
  return origin + normalizedPath(pathname);
}

/** RFC 3986 sections 6.2.2.1 and 6.2.2.2; the URL parser has done case, ports and dot segments. */
function normalizedPath(path: string): string {
  const [first = '', ...parts] = path.split('%');
  return first + parts.map(normalizedEscape).join('');
}

function normalizedEscape(part: string): string {
  const digits = part.slice(0, 2);
  if (digits.length < 2 || ![...digits].every(digit => HEX.includes(digit))) return `%${part}`;
  const character = String.fromCharCode(Number.parseInt(digits, 16));
  return (UNRESERVED.includes(character) ? character : `%${digits.toUpperCase()}`) + part.slice(2);
}
