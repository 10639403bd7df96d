/**
 * The journal of an authority: its own revocations in files of a folder. Each process appends to one of its own, made at its first
 * revocation, so that several share a folder; each reads all of them.
 */
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import { type Random, randomId } from '../random.ts';
import { type CutEntry, covers, INFINITE } from '../revocation/index.ts';
import type { Journal } from '../store.ts';
import type { WallClock } from '../time.ts';
import type { AppendFile, Disk } from './disk.ts';
import { JOURNAL_HEAD, type JournalLine, journalLine, journalLines } from './journal-lines.ts';

export interface JournalOptions {
  readonly disk: Disk;
  readonly random: Random;
  readonly clock: WallClock;
}

const ENDING = '.journal';
/** A file below this is not worth writing anew. */
const SMALL = 1000;
/** Beyond their end, files of others are kept so long: a clock may be wrong. */
const KEPT_MS = 86_400_000;

interface Held extends JournalOptions {
  readonly folder: string;
  owner: string | undefined;
  /** What is in the own file, in its order. */
  lines: JournalLine[];
  path: string;
  file: AppendFile | undefined;
  /** One after the other: what comes while one is under way goes together. */
  waiting: { readonly text: JournalLine[]; resolve(): void; reject(error: unknown): void }[];
  isWriting: boolean;
}

/**
 * Opens the journal in a folder, which is made where there is none.
 * @throws {StoreError} ERR_STORE_CORRUPT naming file and line, ERR_STORE_UNAVAILABLE for a folder that cannot be used
 */
export async function openJournal(folder: string, options: JournalOptions): Promise<Journal> {
  const { disk, clock } = options;
  const found: JournalLine[] = [];
  try {
    await disk.makeFolder(folder);
    for (const name of (await disk.list(folder)).filter(each => each.endsWith(ENDING)).sort())
      found.push(...(await readFile(join(folder, name), disk, clock())));
  } catch (error) {
    throw error instanceof StoreError ? error : unusable(folder, error);
  }
  const live = found.filter(({ entry }) => entry.expires > clock());
  const newest = live.reduce<JournalLine | undefined>(
    (a, b) => (a && a.entry.at > b.entry.at ? a : b),
    undefined,
  );
  const entries = live.map(({ entry }) => entry);
  const held: Held = { ...options, folder, owner: newest?.owner, ...noFile(), waiting: [], isWriting: false };
  return {
    get owner() {
      return held.owner;
    },
    entries: () => entries,
    append: (owner, wrote) =>
      append(
        held,
        wrote.map(entry => ({ owner, entry })),
      ),
    close: async () => {
      await held.file?.close();
      held.file = undefined;
    },
  };
}

const noFile = (): Pick<Held, 'lines' | 'path' | 'file'> => ({ lines: [], path: '', file: undefined });

/** One that is past its end as a whole has done its work. */
async function readFile(path: string, disk: Disk, now: number): Promise<JournalLine[]> {
  const bytes = await disk.read(path);
  if (bytes === undefined) return [];
  const lines = journalLines(new TextDecoder().decode(bytes), path);
  if (lines.every(({ entry }) => entry.expires + KEPT_MS <= now)) await disk.remove(path);
  return lines;
}

function append(held: Held, lines: JournalLine[]): Promise<void> {
  return new Promise((resolve, reject) => {
    held.waiting.push({ text: lines, resolve, reject });
    if (!held.isWriting) void writeAll(held);
  });
}

async function writeAll(held: Held): Promise<void> {
  held.isWriting = true;
  while (held.waiting.length > 0) {
    const group = held.waiting.splice(0);
    try {
      await write(
        held,
        group.flatMap(each => each.text),
      );
      for (const each of group) each.resolve();
    } catch (error) {
      for (const each of group) each.reject(unkept(held.folder, error));
    }
  }
  held.isWriting = false;
}

/** What was half written stays behind in a file of its own, where it is a torn end and nothing more. */
async function write(held: Held, lines: readonly JournalLine[]): Promise<void> {
  const text = lines.map(journalLine).join('');
  try {
    await appendText(held, text);
    // Another process may have taken the file for one that is over.
    if (!(await held.file?.isThere())) {
      await leave(held);
      await appendText(held, text);
    }
  } catch (error) {
    await leave(held).catch(() => undefined);
    throw error;
  }
  held.owner = lines.at(-1)?.owner ?? held.owner;
  held.lines.push(...lines);
  if (held.lines.length >= SMALL && held.lines.length % SMALL < lines.length) await shorten(held);
}

async function appendText(held: Held, text: string): Promise<void> {
  if (held.file !== undefined) return held.file.append(new TextEncoder().encode(text));
  held.path = join(held.folder, `${randomId(held.random)}${ENDING}`);
  held.file = await held.disk.create(held.path);
  await held.file.append(new TextEncoder().encode(JOURNAL_HEAD + text));
}

async function leave(held: Held): Promise<void> {
  const { file } = held;
  Object.assign(held, noFile());
  await file?.close();
}

/** When what is past its end, or said again later, outweighs the rest: the rest in a new file, and then the old one goes. */
async function shorten(held: Held): Promise<void> {
  const newest = new Map<string, CutEntry>();
  const isLast = (line: JournalLine): boolean => {
    const later = newest.get(line.entry.scope);
    if (later !== undefined && covers(later, line.entry)) return false;
    newest.set(line.entry.scope, line.entry);
    return true;
  };
  const now = held.clock();
  const kept = held.lines
    .filter(({ entry }) => entry.expires === INFINITE || entry.expires + KEPT_MS > now)
    .toReversed()
    .filter(isLast)
    .toReversed();
  if (kept.length > held.lines.length / 2) return;
  const old = held.path;
  await leave(held);
  await appendText(held, kept.map(journalLine).join(''));
  held.lines = kept;
  await held.disk.remove(old);
}

const unusable = (folder: string, cause: unknown): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', `The journal ${folder} cannot be made or read.`, { cause });

const unkept = (folder: string, cause: unknown): StoreError =>
  new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `The revocation counts, but is not known to be kept: the journal in ${folder} cannot be written. It is safe to repeat.`,
    { cause },
  );
