/** Figures and times in words. */

/** "1 device", "3 devices". */
export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

const STEPS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A span in its largest unit: "3 d", "5 min", "41 s"; below a second "now" is up to the caller. */
export function span(ms: number): string {
  const [unit, size] = STEPS.find(([, each]) => ms >= each) ?? ['s', 1000];
  return `${Math.floor(ms / size)} ${unit}`;
}

export const ago = (then: number, now: number): string =>
  now - then < 1000 ? 'now' : `${span(now - then)} ago`;

/** Milliseconds as people read them: whole ones, never "0 ms" for something that took time. */
export const milliseconds = (ms: number): string => `${Math.max(1, Math.round(ms))} ms`;

/** RFC 3339. */
export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** "03:17", as the server's clock has it. */
export const clockTime = (ms: number): string =>
  new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
