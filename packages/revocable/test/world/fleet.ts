/** Several processes that play: blocks of seeds are dealt to whoever has none. */
import { type ChildProcess, fork } from 'node:child_process';
import { type Block, playBlock, type Tally } from './tally.ts';

/** The word by which the program that is started again knows that it is to play what it is sent. */
export const WORKER = '--worker';

/**
 * Deals until `next` has none left, and then waits for those under way.
 * @param program started once for each worker, with `WORKER` as its only word
 * @param done what a block came to; false: all stop at once
 * @throws when a worker ends by itself
 */
export function playOnMany(
  workers: number,
  program: string,
  next: () => Block | undefined,
  done: (block: Block, tally: Tally) => boolean,
): Promise<void> {
  const children = new Map<ChildProcess, Block | undefined>();
  return new Promise((resolve, reject) => {
    const stopAll = (): void => {
      for (const child of children.keys()) child.kill();
      children.clear();
    };
    const deal = (child: ChildProcess): void => {
      const block = next();
      if (block === undefined) leave(child);
      else {
        children.set(child, block);
        child.send(block);
      }
    };
    const leave = (child: ChildProcess): void => {
      children.delete(child);
      child.disconnect();
      if (children.size === 0) resolve();
    };
    const heard = (child: ChildProcess, tally: Tally): void => {
      const block = children.get(child);
      if (block === undefined) return;
      if (done(block, tally)) deal(child);
      else {
        stopAll();
        resolve();
      }
    };
    const begin = (): void => {
      const child = fork(program, [WORKER]);
      child.on('message', tally => heard(child, tally as Tally));
      child.on('exit', (code, signal) => {
        if (!children.has(child)) return;
        const block = children.get(child);
        stopAll();
        reject(
          new Error(`the worker that played from seed ${block?.from} ended by itself: ${signal ?? code}`),
        );
      });
      children.set(child, undefined);
      deal(child);
    };
    for (let i = 0; i < workers; i++) begin();
  });
}

/** The life of a worker: it ends with whoever started it, who may have gone when a block is done. */
export function serveAsWorker(): void {
  const answer = (tally: Tally): void =>
    void process.send?.(tally, undefined, undefined, error => error !== null && process.exit());
  process.on('message', block => void playBlock(block as Block).then(answer));
  process.on('disconnect', () => process.exit());
}
