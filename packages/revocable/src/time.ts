/** Clocks, timers, NumericDate (RFC 7519 section 2) and durations ("15m" -> seconds). */
import { ConfigError } from './errors.ts';

/** Both in milliseconds. `monotonic` never goes back and may stop while the machine is suspended. */
export interface Clock {
  wall(): number;
  monotonic(): number;
}

/** Runs a callback later. What `set` returns stops it. Only a timer that `holds` keeps the process alive. */
export interface Timers {
  set(callback: () => void, delayMs: number, holds?: boolean): () => void;
}

interface StructuralSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
/** The program's own AbortSignal; its structure where the program has neither the DOM's types nor Node's. */
export type AbortSignalLike = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : StructuralSignal;

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

export const systemTimers: Timers = {
  set(callback, delayMs, holds = false) {
    const timer = setTimeout(callback, delayMs);
    if (!holds && typeof timer === 'object') timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The public `clock` option: a function like `Date.now`. */
export type WallClock = () => number;

/**
 * A port from the public option; the monotonic side stays the system's own.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is not a function
 */
export function clockFrom(wall: WallClock | undefined): Clock {
  if (wall === undefined) return systemClock;
  if (typeof wall !== 'function')
    throw new ConfigError('"clock" is a function that returns milliseconds, like Date.now.');
  return { wall, monotonic: systemClock.monotonic };
}

/** Waits; whoever awaits it is not left hanging by a process that ends. */
export function pause(timers: Timers, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    timers.set(resolve, delayMs, true);
  });
}

/** A duration: seconds, or a whole number with one of `s m h d w`, such as "15m". */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const LONGEST = 100 * 366 * 86_400;

/**
 * Seconds of a duration.
 * @param name the option's name, for the error
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is neither; "900" is refused, for nobody knows its unit
 */
export function seconds(duration: Duration | string, name: string): number {
  const value = typeof duration === 'string' ? parseDuration(duration) : duration;
  if (typeof value !== 'number' || !(value >= 0 && value <= LONGEST))
    throw new ConfigError(
      `"${name}" is a number of seconds or a text such as "15m" (s m h d w), of 100 years at most.`,
    );
  return value;
}

function parseDuration(text: string): number {
  const unit = UNITS[text.slice(-1)];
  const digits = text.slice(0, -1);
  if (unit === undefined || digits === '' || [...digits].some(c => c < '0' || c > '9')) return Number.NaN;
  return Number(digits) * unit;
}

/** Milliseconds of a duration. */
export function milliseconds(duration: Duration | string, name: string): number {
  return Math.round(seconds(duration, name) * 1000);
}

/** Whole seconds since 1970, rounded down: RFC 7519 section 2, NumericDate. */
export function numericDate(wallMs: number): number {
  return Math.floor(wallMs / 1000);
}
