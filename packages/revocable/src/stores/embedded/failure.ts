/** What went wrong in SQLite, said in one sentence that names the file. */
import { RevocableError, StoreError } from '../../errors.ts';

/** Primary result codes: sqlite.org/rescode.html. */
const CODES = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
} as const;

/** The primary result code of an error of the engine; undefined for an error that is none of its. */
export function resultCode(error: unknown): number | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined;
}

export const isBusy = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === CODES.busy || code === CODES.locked;
};

/** Whether the whole transaction is lost with it, not only the request at hand. */
export function endsTransaction(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && Object.values<number>(CODES).includes(code);
}

/** Our error for one of the engine's; what is ours already stays as it is. */
export function storeFailure(error: unknown, file: string): unknown {
  if (error instanceof RevocableError) return error;
  const code = resultCode(error);
  if (code === CODES.corrupt || code === CODES.notDatabase)
    return new StoreError(
      'ERR_STORE_CORRUPT',
      `${file} is damaged or no SQLite database. Stop all processes that use it and restore a backup.`,
      { cause: error },
    );
  const said = SENTENCES.get(code ?? 0);
  if (said === undefined) return error;
  return new StoreError('ERR_STORE_UNAVAILABLE', said(file), { cause: error });
}

const SENTENCES: ReadonlyMap<number, (file: string) => string> = new Map([
  [
    CODES.busy,
    file => `${file} has been locked by another process for too long. Nothing was changed; try again.`,
  ],
  [
    CODES.locked,
    file => `${file} has been locked by another process for too long. Nothing was changed; try again.`,
  ],
  [CODES.full, file => `The disk of ${file} is full. Nothing was changed; it goes on when there is room.`],
  [
    CODES.readOnly,
    file => `${file} cannot be written: check the rights of the file, its folder and its disk.`,
  ],
  [
    CODES.io,
    file =>
      `The disk of ${file} failed to read or write. The step is not known to be kept; it is safe to repeat.`,
  ],
  [
    CODES.cannotOpen,
    file => `${file} cannot be opened: check that its folder exists and can be read and written.`,
  ],
]);
