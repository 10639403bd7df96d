/** Keeps a replica's snapshot in a file: now and then, and when it is closed. */
import { StoreError } from '../errors.ts';
import { pause, type Timers } from '../time.ts';
import type { Cursor } from './feed.ts';
import type { Knowledge } from './knowledge.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot, type SnapshotFile } from './snapshot.ts';

export interface SnapshotKeeper {
  /** What an earlier run left; undefined where that is nothing, damaged, or of another kind of replica. Read once. */
  readonly found: Promise<Snapshot | undefined>;
  /** The snapshot that was found is that of another issuer. */
  refuse(snapshot: Snapshot): void;
  /** Saves for the last time. */
  close(): void;
}

const FIRST_AFTER_MS = 5000;
const SAVE_EVERY_MS = 60_000;

/** @param onProblem a file that cannot be used or written: nothing is lost but time */
export function keepSnapshots(
  knowledge: Knowledge,
  { file, timers }: { readonly file: SnapshotFile; readonly timers: Timers },
  onProblem: (error: StoreError) => void,
): SnapshotKeeper {
  let saved: Cursor | undefined;
  let saving = Promise.resolve();
  let stop = (): void => {};
  const save = async (): Promise<void> => {
    const { cursor } = knowledge;
    if (cursor === saved) return;
    try {
      const pieces = await encodeSnapshot(knowledge, () => pause(timers, 0));
      if (pieces === undefined) return;
      await file.write(pieces);
      saved = cursor;
    } catch (cause) {
      onProblem(new StoreError('ERR_STORE_UNAVAILABLE', 'The snapshot cannot be written.', { cause }));
    }
  };
  const saveAfter = (delayMs: number): void => {
    stop = timers.set(() => {
      saving = saving.then(save);
      saveAfter(SAVE_EVERY_MS);
    }, delayMs);
  };
  saveAfter(FIRST_AFTER_MS);
  return {
    found: read(knowledge, file).catch((error: StoreError) => void onProblem(error)),
    refuse: ({ profile }) => onProblem(foreign(`of ${profile.issuer}`)),
    close() {
      stop();
      saving = saving.then(save);
    },
  };
}

async function read(knowledge: Knowledge, file: SnapshotFile): Promise<Snapshot | undefined> {
  const bytes = await readAll(file);
  if (bytes === undefined) return undefined;
  const snapshot = decodeSnapshot(bytes);
  if (snapshot.hold !== knowledge.hold) throw foreign(`of a replica that holds "${snapshot.hold}"`);
  return snapshot;
}

async function readAll(file: SnapshotFile): Promise<Uint8Array | undefined> {
  try {
    return await file.read();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('ERR_STORE_UNAVAILABLE', 'The snapshot cannot be read.', { cause });
  }
}

const foreign = (whose: string): StoreError =>
  new StoreError('ERR_STORE_CORRUPT', `The snapshot is ${whose}: it is passed over, and all is loaded.`);
