/** How far a run of many seeds has come; kept in a file, one that is cut off goes on from there. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Length } from './plan.ts';
import { add, emptyTally, type Failure, type Tally } from './tally.ts';

export interface Stretch {
  readonly from: number;
  readonly count: number;
}

export interface Progress {
  readonly from: number;
  readonly length: Length;
  /** Of all that was played. */
  readonly total: Tally;
  /** Failed once, and hold now. */
  readonly mended: Failure[];
  seconds: number;
  /** The first seed that nobody was given. */
  next: number;
  /** Begun, and not played to the end. */
  readonly left: Stretch[];
  /** Under way. */
  readonly dealt: Stretch[];
}

export const newProgress = (from: number, length: Length): Progress => ({
  ...{ from, length, total: emptyTally(), mended: [], seconds: 0, next: from, left: [], dealt: [] },
});

const sizeOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { count }) => sum + count, 0);

/** What an earlier part left comes first. Undefined when `most` schedules are played or under way. */
export function deal(progress: Progress, size: number, most: number): Stretch | undefined {
  const { total, dealt, left } = progress;
  const count = Math.min(size, most - total.schedules - sizeOf(dealt), left[0]?.count ?? size);
  if (count <= 0) return undefined;
  const old = left.shift();
  const stretch = { from: old?.from ?? progress.next, count };
  if (old === undefined) progress.next += count;
  else if (old.count > count) left.unshift({ from: old.from + count, count: old.count - count });
  dealt.push(stretch);
  return stretch;
}

export function close({ dealt, left, total }: Progress, { from, count }: Stretch, tally: Tally): void {
  dealt.splice(
    dealt.findIndex(each => each.from === from),
    1,
  );
  const played = tally.schedules;
  if (played < count) left.push({ from: from + played, count: count - played });
  add(total, tally);
}

/** Under another name first: a run that is cut off while it writes keeps the old file. */
export function save(file: string, progress: Progress): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(progress, undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
}

export function load(file: string): Progress {
  if (!existsSync(file)) throw new Error(`There is no ${file} to go on from.`);
  const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress;
  progress.left.push(...progress.dealt.splice(0));
  return progress;
}
