/** Time spans in the syntax of the package `ms`: a number and a unit; without a unit the number is milliseconds. */
import { numericDate, systemClock } from '../../time.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const YEAR = 365.25 * DAY;

const UNITS: ReadonlyMap<string, number> = new Map([
  ...spelled(1, '', 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds'),
  ...spelled(SECOND, 's', 'sec', 'secs', 'second', 'seconds'),
  ...spelled(MINUTE, 'm', 'min', 'mins', 'minute', 'minutes'),
  ...spelled(HOUR, 'h', 'hr', 'hrs', 'hour', 'hours'),
  ...spelled(DAY, 'd', 'day', 'days'),
  ...spelled(WEEK, 'w', 'week', 'weeks'),
  ...spelled(YEAR, 'y', 'yr', 'yrs', 'year', 'years'),
]);
const LONGEST_TEXT = 100;

function spelled(unit: number, ...names: string[]): [string, number][] {
  return names.map(name => [name, unit]);
}

/** Seconds since 1970, of the clock on the wall. */
export function now(): number {
  return numericDate(systemClock.wall());
}

/**
 * The NumericDate that lies `time` after `since`; undefined for what is no time span.
 * @param time seconds, or a text such as "2 days", "10h", "60" (milliseconds)
 */
export function after(since: number, time: unknown): number | undefined {
  if (typeof time === 'number') return since + time;
  const span = typeof time === 'string' ? parseMilliseconds(time) : undefined;
  return span === undefined ? undefined : Math.floor(since + span / 1000);
}

/** Digits with at most one point, which a digit follows; then spaces; then a unit or nothing. */
function parseMilliseconds(text: string): number | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const from = text.startsWith('-') ? 1 : 0;
  const whole = digitsFrom(text, from);
  const isPoint = text[whole] === '.';
  const end = isPoint ? digitsFrom(text, whole + 1) : whole;
  if (end === (isPoint ? whole + 1 : from)) return undefined;
  const unit = UNITS.get(text.slice(spacesFrom(text, end)).toLowerCase());
  return unit === undefined ? undefined : Number.parseFloat(text.slice(0, end)) * unit;
}

function digitsFrom(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text[at] as string) >= '0' && (text[at] as string) <= '9') at++;
  return at;
}

function spacesFrom(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}
