/** The queue before the thread pool: two a core at a time, first come, first served, whatever becomes of each. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { inPool } from '#jose/signing-pool';

const LIMIT = availableParallelism() * 2;

interface Task {
  readonly done: Promise<unknown>;
  end(): void;
  fail(error: Error): void;
}

function queue(started: number[], count: number): Task[] {
  return Array.from({ length: count }, (_, n) => {
    const task = {};
    const ended = new Promise<number>((resolve, reject) => {
      Object.assign(task, { end: () => resolve(n), fail: reject });
    });
    const done = inPool(() => {
      started.push(n);
      return ended;
    });
    return Object.assign(task, { done }) as Task;
  });
}
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('no more than two a core run; each that ends, or fails, lets the next one in', async () => {
  const started: number[] = [];
  const tasks = queue(started, LIMIT + 3);
  const [first, second, third] = tasks as [Task, Task, Task];
  expect(started).toEqual(upTo(LIMIT));

  second.end();
  await expect(second.done).resolves.toBe(1);
  await turns();
  expect(started).toEqual(upTo(LIMIT + 1));

  first.fail(new Error('no luck'));
  await expect(first.done).rejects.toThrow('no luck');
  await turns();
  expect(started).toEqual(upTo(LIMIT + 2));

  third.end();
  await turns();
  expect(started).toEqual(upTo(LIMIT + 3));
  for (const task of tasks) task.end();
  await Promise.allSettled(tasks.map(({ done }) => done));
});

test('when all is done, as many run again as before, and no more', async () => {
  for (let round = 0; round < 3; round++) {
    const started: number[] = [];
    const tasks = queue(started, LIMIT + 1);
    expect(started).toEqual(upTo(LIMIT));
    for (const task of tasks) task.end();
    expect(await Promise.all(tasks.map(({ done }) => done))).toEqual(upTo(LIMIT + 1));
  }
});
