/** Moments as people say them: "in 3 min 12 s (2026-11-24 03:17:44)", in the local time zone. */

const UNITS: readonly (readonly [seconds: number, one: string, many: string])[] = [
  [31_557_600, 'year', 'years'],
  [86_400, 'day', 'days'],
  [3600, 'h', 'h'],
  [60, 'min', 'min'],
  [1, 's', 's'],
];

/** A duration in its two greatest units that stand next to each other: "29 days 4 h". */
export function humanDuration(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const first = UNITS.findIndex(([size]) => whole >= size);
  if (first === -1) return '0 s';
  const [size, one, many] = UNITS[first] as (typeof UNITS)[number];
  const count = Math.floor(whole / size);
  const rest = UNITS[first + 1];
  const smaller = rest === undefined ? 0 : Math.floor((whole % size) / rest[0]);
  const tail = rest === undefined || smaller === 0 ? '' : ` ${smaller} ${smaller === 1 ? rest[1] : rest[2]}`;
  return `${count} ${count === 1 ? one : many}${tail}`;
}

/** The local date and time of a moment in milliseconds: "2026-11-24 03:17:44". */
export function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [
    String(date.getFullYear()).padStart(4, '0'),
    two(date.getMonth() + 1),
    two(date.getDate()),
  ].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** How far a moment is from now, and when that is; both in milliseconds. */
export function humanDate(ms: number, nowMs: number): string {
  const away = Math.round((ms - nowMs) / 1000);
  const relative = away === 0 ? 'now' : away > 0 ? `in ${humanDuration(away)}` : `${humanDuration(away)} ago`;
  return `${relative} (${localTime(ms)})`;
}

const LATEST = 253_402_300_799;

/** True for a NumericDate that a calendar of four-digit years has. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST;
}
