/** The command that plays many seeds: by several processes, in parts, and up to the first failure. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blindSpots, createMeetings } from './coverage.ts';
import { close, deal, load, newProgress, type Progress, save } from './progress.ts';
import { emptyTally, playBlock } from './tally.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'revocable-world-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const world = (...words: string[]): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise(resolve => {
    const main = ['--import', './scripts/typescript-loader.js', 'packages/revocable/test/world/main.ts'];
    execFile(process.execPath, [...main, ...words], { cwd: ROOT }, (error, output) =>
      resolve({ code: error === null ? 0 : Number(error.code), output }),
    );
  });

describe('npm run world', () => {
  it('comes to the same totals by several processes, and in parts', async () => {
    const file = join(folder, 'report.json');
    const first = await world('--from', '100', '--schedules', '20', '--workers', '2', '--report', file);
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^20 schedules, .* seeds 100 to 119$/m),
    });
    await world('--schedules', '40', '--workers', '1', '--report', file, '--resume');
    const { total }: Progress = JSON.parse(readFileSync(file, 'utf8'));
    const alone = await playBlock({ from: 100, count: 40, length: 'mixed', keepsGoing: false });
    expect({ ...total, coverage: Object.entries(total.coverage).toSorted() }).toEqual({
      ...alone,
      coverage: Object.entries(alone.coverage).toSorted(),
    });
  }, 300_000);

  it('needs a report to go on from', async () => {
    const { code } = await world('--resume');
    expect(code).not.toBe(0);
  }, 120_000);
});

describe('the progress of a long run', () => {
  const played = (schedules: number) => ({ ...emptyTally(), schedules });

  it('deals each seed once, and no more than are asked for', () => {
    const progress = newProgress(7, 'mixed');
    expect(deal(progress, 100, 150)).toEqual({ from: 7, count: 100 });
    expect(deal(progress, 100, 150)).toEqual({ from: 107, count: 50 });
    expect(deal(progress, 100, 150)).toBeUndefined();
  });

  it('plays what was cut off before anything new', () => {
    const file = join(folder, 'cut-off.json');
    const progress = newProgress(0, 'long');
    const [first, second] = [deal(progress, 100, 1000), deal(progress, 100, 1000)];
    if (first !== undefined) close(progress, first, played(30));
    save(file, progress);
    const later = load(file);
    expect(later.total.schedules).toBe(30);
    expect([deal(later, 100, 1000), deal(later, 60, 1000), deal(later, 60, 1000)]).toEqual([
      { from: 30, count: 70 },
      { from: 100, count: 60 },
      { from: 160, count: 40 },
    ]);
    expect(deal(later, 100, 1000)).toEqual({ from: 200, count: 100 });
    expect(second).toEqual({ from: 100, count: 100 });
  });
});

describe('coverage', () => {
  it('counts the end of a step that comes shortly after a fault', () => {
    let now = 0;
    const meetings = createMeetings(() => now);
    meetings.branch('step issue ok');
    meetings.fault('stopped');
    now = 9_999;
    meetings.branch('step issue clocks');
    meetings.branch('step begin of no interest');
    now = 10_001;
    meetings.branch('step revoke ok');
    expect(meetings.pairs()).toEqual(['step issue clocks after stopped']);
  });

  it('asks nothing of a short run, each thing of a longer one, and each a hundred times of a long one', () => {
    const missing = (times: number, schedules: number) =>
      blindSpots(new Map([['step issue ok', times]]), schedules).filter(each =>
        each.startsWith('step issue ok:'),
      );
    expect(blindSpots(new Map(), 9_999)).toEqual([]);
    expect(missing(0, 10_000)).toEqual(['step issue ok: met 0 times, 1 wanted']);
    expect(missing(1, 10_000)).toEqual([]);
    expect(missing(99, 100_000)).toEqual(['step issue ok: met 99 times, 100 wanted']);
    expect(missing(100, 100_000)).toEqual([]);
    expect(blindSpots(new Map(), 100_000)).toContain('step issue ok after stopped: met 0 times, 10 wanted');
  });
});
