/** The data folder: its files, their modes, and what keeps it from being used. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Random } from '../../random.ts';

export interface Folder {
  readonly path: string;
  readonly database: string;
  /** What `restore` has not finished. */
  readonly restoring: string;
  readonly lock: string;
  readonly bell: string;
  readonly secret: string;
}

export function folderAt(path: string): Folder {
  const file = (name: string): string => join(path, name);
  return {
    path,
    database: file('revocable.db'),
    restoring: file('revocable.db.restoring'),
    lock: file('service.lock'),
    bell: file('bell'),
    secret: file('secret'),
  };
}

/**
 * Makes the folder and the empty database, for its owner alone.
 * @throws {ConfigError} ERR_CONFIG_INVALID when there is a file in its place, it cannot be written, or a restore has not finished
 */
export function prepareFolder(folder: Folder): void {
  try {
    makeFolder(folder.path);
    if (!statSync(folder.path).isDirectory())
      throw new ConfigError(`The data folder ${folder.path} is a file.`);
    refuseHalfRestored(folder);
    createEmpty(folder.database);
    createEmpty(folder.bell);
  } catch (error) {
    throw refusedFolder(folder.path, error);
  }
}

/** An empty store in its place would look like a first start. */
function refuseHalfRestored({ path, restoring }: Folder): void {
  if (existsSync(restoring))
    throw new ConfigError(
      `A restore into ${path} is under way or was interrupted: run it again. To begin with an empty store instead, remove ${restoring}.`,
    );
}

/** Parents too. Not by `recursive`, which never ends where the system says of every name that there is no such place. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process was first
  }
}

/** Never opens one that is there: closing any handle of a database drops SQLite's locks on it. */
export function createEmpty(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Our error for one of the file system's; what is none of them stays as it is. */
export function refusedFolder(path: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new ConfigError(`The data folder ${path} cannot be made: there is a file in its way.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
      return new ConfigError(`The data folder ${path} cannot be made or written (${codeOf(error)}).`, {
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new ConfigError(`The data folder ${path} cannot be made: the disk is full.`, { cause: error });
    default:
      return error;
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** Magic numbers of network file systems, statfs(2). */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x564c, 'NCP'],
  [0x01021997, '9P'],
]);

/** What to warn of; undefined on a local disk. */
export function networkWarning(path: string): string | undefined {
  const name = networkName(statfsSync(path).type);
  return (
    name &&
    `${path} lies on a network file system (${name}), whose locks can fail: the database may be damaged. Use a local disk.`
  );
}

/** The name of a network file system by its magic number. */
export const networkName = (type: number): string | undefined => NETWORK.get(type);

const SECRET_BYTES = 32;

/**
 * The root secret beside the database. Its text is the secret: the same in an environment variable opens the same keys.
 * @param mayMake false where keys or sessions were made under one that is gone
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is missing though needed, or too short
 */
export function rootSecret(folder: Folder, mayMake: boolean, random: Random): string {
  const text = readSecret(folder.secret) ?? (mayMake ? makeSecret(folder, random) : undefined);
  if (text === undefined)
    throw new ConfigError(
      `${folder.secret} is missing, yet the store holds keys or sessions made under it. Put it back, or give the authority its "secret".`,
    );
  if (Buffer.byteLength(text) < SECRET_BYTES)
    throw new ConfigError(`${folder.secret} is shorter than ${SECRET_BYTES} bytes: it is no root secret.`);
  return text;
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw refusedFolder(file, error);
  }
}

/** Under the database's write lock, so that two processes make one; whole or not there, whenever the power fails. */
function makeSecret(folder: Folder, random: Random): string {
  const text = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
  const temporary = `${folder.secret}.new`;
  const handle = openSync(temporary, 'w', 0o600);
  writeSync(handle, `${text}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(temporary, folder.secret);
  syncFolder(folder.path);
  return text;
}

/** A name lasts when its folder was written. Not every system opens folders. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
