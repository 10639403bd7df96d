/** What is unusual about a token, by the row of the page that speaks of it; read apart from every judge. */
import { AUDIENCE, ISSUER, NOW } from './judges.ts';

type Json = Record<string, unknown>;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DATES = ['exp', 'nbf', 'iat'];

/** Every row that the token falls under. */
export function rowsOf(token: string): string[] {
  const segments = token.split('.');
  const spelling = [
    ...(token.includes('=') ? ['padding'] : []),
    ...(/[^\w.=-]/.test(token) || token.includes('\u200b') ? ['foreign characters'] : []),
    ...(segments.some(hasStrayBits) ? ['stray bits'] : []),
  ];
  const [header = '', payload = ''] = segments.map(segment => Buffer.from(segment, 'base64url'));
  const size = token.length > 16_384 ? ['size'] : [];
  return [...spelling, ...size, ...headerRows(header as Buffer), ...claimRows(payload as Buffer)];
}

function hasStrayBits(segment: string): boolean {
  const stray = [0, 63, 15, 3][segment.length % 4] as number;
  return (ALPHABET.indexOf(segment.at(-1) ?? 'A') & stray) !== 0;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
};

function textRows(bytes: Buffer, doubled: string): string[] {
  const text = bytes.toString('utf8');
  return [
    ...(Buffer.from(text).equals(bytes) ? [] : ['no UTF-8']),
    ...(text.startsWith('\ufeff') ? ['byte order mark'] : []),
    ...(namesIn(text) > membersOf(parsed(text)) ? [doubled] : []),
    ...(/"(?:__proto__|\\u005f_proto__)"\s*:/.test(text) ? ['__proto__'] : []),
    ...(/[[{](?:[^[\]{}]*[[{]){100}/.test(text) ? ['deep'] : []),
  ];
}

/** Strings before a colon. */
const namesIn = (text: string): number =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/gs)].filter(([, colon]) => colon !== undefined).length;

/** Without recursion: some of these tokens are deep. */
function membersOf(value: unknown): number {
  const left = [value];
  let count = 0;
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    if (!Array.isArray(one)) count += Object.keys(one).length;
    left.push(...Object.values(one));
  }
  return count;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function headerRows(bytes: Buffer): string[] {
  const header = parsed(bytes.toString('utf8'));
  if (!isObject(header)) return textRows(bytes, 'doubled header members');
  const { typ, crit, b64 } = header;
  const media = String(typ ?? 'jwt').toLowerCase();
  const isOdd = ['typ', 'kid', 'cty'].some(name => name in header && typeof header[name] !== 'string');
  return [
    ...textRows(bytes, 'doubled header members'),
    ...(isOdd ? ['header types'] : []),
    ...(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'].includes(media) ? [] : ['typ']),
    ...(crit === undefined ? [] : ['crit']),
    ...(b64 !== undefined && crit === undefined ? ['b64 alone'] : []),
  ];
}

function claimRows(bytes: Buffer): string[] {
  const claims = parsed(bytes.toString('utf8'));
  if (typeof claims === 'string') return ['JSON in a string', ...claimRows(Buffer.from(claims))];
  if (!isObject(claims)) return textRows(bytes, 'doubled claims');
  const dates = DATES.filter(name => name in claims).map(name => claims[name]);
  const texts = ['sub', 'jti'].filter(name => name in claims).map(name => claims[name]);
  const { aud, iss, exp } = claims;
  const isMixed = Array.isArray(aud) && aud.includes(AUDIENCE) && aud.some(one => typeof one !== 'string');
  return [
    ...textRows(bytes, 'doubled claims'),
    ...(exp === undefined ? ['no exp'] : []),
    ...(exp === NOW ? ['at the very second'] : []),
    ...(aud === undefined || iss === undefined ? ['missing claims'] : []),
    ...(dates.some(date => typeof date !== 'number') ? ['dates of another type'] : []),
    ...(dates.some(date => typeof date === 'number' && !(date >= 0 && date <= 253_402_300_799))
      ? ['dates out of range']
      : []),
    ...(texts.some(one => typeof one !== 'string') ? ['names of another type'] : []),
    ...(isMixed ? ['audience of another type'] : []),
    ...(iss !== undefined && iss !== ISSUER ? ['another issuer'] : []),
  ];
}
