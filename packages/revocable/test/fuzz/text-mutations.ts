/** Mutations of the characters of a token, whatever they mean. */
import type { Rng } from './random.ts';

export type TextMutation = (text: string, rng: Rng, other: string) => string;

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What lenient decoders skip, trim, end at or take for something else. */
const FOREIGN = [
  ...' \t\r\n\f\v\0.,:;=+/-_~%{}"\\',
  ...['\u00a0', '\u200b', '\ufeff', '\u2028', '\ud800', '\udc00', '\ufffd', '\u{1f511}', '%3D', '%2E', '=='],
];

/** A character that a decoder which keeps the low octet, or folds widths, takes for the one that stands there. */
function lookAlike(char: string, rng: Rng): string {
  const code = char.charCodeAt(0);
  const wide = code > 0x20 && code < 0x7f ? String.fromCharCode(code + 0xfee0) : '\u3000';
  return rng.pick([String.fromCharCode((code + 256 * (1 + rng.below(255))) & 0xffff), wide, `${char}\u0301`]);
}

const splice = (text: string, at: number, removed: number, inserted: string): string =>
  text.slice(0, at) + inserted + text.slice(at + removed);

export const TEXT_MUTATIONS: Readonly<Record<string, TextMutation>> = {
  'text: another base64url character': (text, rng) =>
    splice(text, rng.below(text.length), 1, rng.pick([...BASE64URL])),
  'text: one bit of one character': (text, rng) => {
    const at = rng.below(text.length);
    return splice(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << rng.below(16))));
  },
  'text: any character': (text, rng) =>
    splice(text, rng.below(text.length), rng.below(2), String.fromCharCode(rng.below(65_536))),
  'text: a foreign character': (text, rng) =>
    splice(text, rng.below(text.length + 1), rng.below(2), rng.pick(FOREIGN)),
  'text: a look-alike': (text, rng) => {
    const at = rng.below(text.length);
    return splice(text, at, 1, lookAlike(text[at] as string, rng));
  },
  'text: characters lost': (text, rng) => splice(text, rng.below(text.length), 1 + rng.below(8), ''),
  'text: characters doubled': (text, rng) => {
    const at = rng.below(text.length);
    return splice(text, at, 0, text.slice(at, at + 1 + rng.below(8)));
  },
  'text: two neighbours change places': (text, rng) => {
    const at = rng.below(text.length - 1);
    return splice(text, at, 2, `${text[at + 1]}${text[at]}`);
  },
  'text: cut off': (text, rng) => text.slice(0, rng.below(text.length)),
  'text: something in front or behind': (text, rng) => {
    const more = rng.pick([...FOREIGN, 'Bearer ', 'A', 'AA', 'AAAA', text]);
    return rng.below(2) === 0 ? more + text : text + more;
  },
  'text: the other letter case': (text, rng) => {
    const at = rng.below(text.length);
    const char = text[at] as string;
    return splice(text, at, 1, char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());
  },
  'text: the start of one, the end of another': (text, rng, other) =>
    text.slice(0, rng.below(text.length)) + other.slice(rng.below(other.length)),
  'text: dots move': (text, rng) => {
    const dots = [...text.matchAll(/\./g)].map(match => match.index);
    if (dots.length === 0) return `${text}.`;
    const bare = splice(text, rng.pick(dots), 1, '');
    return splice(bare, rng.below(bare.length + 1), 0, rng.pick(['', '.', '..']));
  },
};
