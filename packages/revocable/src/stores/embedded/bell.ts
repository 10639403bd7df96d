/** An empty file that writers touch after a commit, so that other processes look at once. */
import { existsSync, type FSWatcher, utimesSync, watch } from 'node:fs';
import { createEmpty } from './folder.ts';

export interface Bell {
  ring(): void;
  /** Listens again where the file was removed and is back. */
  check(): void;
  close(): void;
}

/** Without the file nothing is lost but time: everybody polls as well. */
export function createBell(path: string, onRing: () => void): Bell {
  let watcher: FSWatcher | undefined;
  const stop = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const listen = (): void => {
    if (watcher !== undefined || !existsSync(path)) return;
    try {
      watcher = watch(path, { persistent: false }, type => (type === 'rename' ? stop() : onRing()));
      watcher.on('error', stop);
    } catch {
      stop(); // out of watches: the poll is the net
    }
  };
  listen();
  return { ring: () => ring(path), check: listen, close: stop };
}

function ring(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    try {
      createEmpty(path);
    } catch {
      // The folder cannot be written: then nothing was committed either.
    }
  }
}
