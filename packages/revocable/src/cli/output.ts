/** What people read: calm colours, aligned rows, and no character that could play tricks on a terminal. */
import { humanDate, isNumericDate } from './human-date.ts';
import type { Terminal } from './terminal.ts';

export type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly red: Paint;
}

const paint =
  (open: number, close: number): Paint =>
  text =>
    `\u001b[${open}m${text}\u001b[${close}m`;
const plain: Paint = text => text;

const COLOURED: Palette = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  green: paint(32, 39),
  yellow: paint(33, 39),
  red: paint(31, 39),
};
const PLAIN: Palette = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain };

export function palette(terminal: Terminal, stream: 'out' | 'err' = 'out'): Palette {
  return terminal.colours[stream] ? COLOURED : PLAIN;
}

/** One line of JSON for machines. */
export function writeJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value)}\n`);
}

/** A line on stderr, for what the command goes on in spite of. */
export function warn(terminal: Terminal, message: string): void {
  terminal.err(`${palette(terminal, 'err').yellow('warning:')} ${printable(message)}\n`);
}

/** C0 and C1 controls, DEL, and the marks that turn the direction of text (Unicode TR 36). */
function isTricky(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return code !== 0x0a;
  const turnsText =
    code === 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e);
  return turnsText || (code >= 0x2060 && code <= 0x2069) || code === 0xfeff;
}

/** The text with tricky characters written as `\uXXXX`. Line ends stay. */
export function printable(text: string): string {
  const parts = Array.from(text, character => {
    const code = character.codePointAt(0) ?? 0;
    return isTricky(code) ? `\\u${code.toString(16).padStart(4, '0')}` : character;
  });
  return parts.join('');
}

const SHORT = 60;

/** A value of a token as JSON, so that a number does not look like a text; on one line where it is short. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2) ?? 'undefined';
  const lines = text.split('\n').map(line => line.trimStart());
  return printable(text.length <= SHORT ? lines.join(' ') : text);
}

/** Name, value, and what there is to say of it. */
export type Row = readonly [name: string, value: string, remark?: string];

const WIDEST_NAME = 24;
const WIDEST_VALUE = 40;

/** Rows under a title, in columns. A value of several lines hangs in its column. */
export function table(title: string, rows: readonly Row[], colour: Palette): string {
  const nameWidth = Math.min(WIDEST_NAME, Math.max(0, ...rows.map(([name]) => name.length)));
  const remarked = rows.filter(([, value, remark]) => remark !== undefined && value.length <= WIDEST_VALUE);
  const valueWidth = Math.max(0, ...remarked.map(([, value]) => value.length));
  const lines = rows.map(([name, value, remark]) => {
    const indented = value.replaceAll('\n', `\n${' '.repeat(nameWidth + 4)}`);
    const shown = remark === undefined ? indented : `${indented.padEnd(valueWidth)}  ${colour.dim(remark)}`;
    return `  ${colour.dim(name.padEnd(nameWidth))}  ${shown}\n`;
  });
  return `${colour.bold(title)}\n${lines.join('')}`;
}

const DATES: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at'];
const DATES_MS: readonly string[] = ['modified_at', 'refresh_modified_at'];

/** The moment in milliseconds that a claim names; undefined where it names none. */
export function momentOf(name: string, value: unknown): number | undefined {
  if (DATES.includes(name)) return isNumericDate(value) ? value * 1000 : undefined;
  return DATES_MS.includes(name) && typeof value === 'number' && isNumericDate(value / 1000)
    ? value
    : undefined;
}

/** The members of a header or a Claims Set as rows, dates with what they mean. */
export function memberRows(members: Readonly<Record<string, unknown>>, nowMs: number): Row[] {
  return Object.entries(members).map(([name, value]) => {
    const moment = momentOf(name, value);
    const shown = jsonText(value);
    return moment === undefined ? [oneLine(name), shown] : [oneLine(name), shown, humanDate(moment, nowMs)];
  });
}

/** A name that a stranger chose, cut to what fits a column. */
export function oneLine(name: string): string {
  const shown = printable(name).replaceAll('\n', '\\n');
  return shown.length > WIDEST_NAME ? `${shown.slice(0, WIDEST_NAME - 1)}…` : shown;
}

/** The text in lines of at most so many columns, those after the first indented. */
export function wrap(text: string, columns: number, indent: number): string {
  const width = Math.max(40, columns) - indent;
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
