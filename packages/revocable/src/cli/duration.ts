/** Durations of the command line: seconds, or "15m". */
import type { Duration } from '../index.ts';
import type { Flags } from './command.ts';

/** A bare number is seconds, as everywhere; whether the rest is a duration, the library says. */
export function durationOf(flags: Flags, name: string): Duration | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : (text as Duration);
}
