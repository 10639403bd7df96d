/** The disk of this machine. */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppendFile, Disk } from './disk.ts';

export const systemDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: async path => (await unlessAbsent(readdir(path))) ?? [],
  read: path => unlessAbsent(readFile(path)),
  async create(path) {
    const handle = await open(path, 'ax', 0o600);
    await syncFolder(dirname(path));
    return appendTo(handle);
  },
  async replace(path, bytes) {
    const temporary = `${path}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  },
  remove: path => rm(path, { force: true }),
};

function appendTo(handle: FileHandle): AppendFile {
  return {
    async append(bytes) {
      await handle.appendFile(bytes);
      await handle.datasync();
    },
    isThere: async () => (await handle.stat()).nlink > 0,
    close: () => handle.close(),
  };
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A name lasts when its folder was written. Not every system opens folders. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
