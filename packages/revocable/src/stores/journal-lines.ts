/** The lines of a journal: what was written whole is told from what was torn by a checksum. */
import { crc32 } from 'node:zlib';
import { StoreError } from '../errors.ts';
import { type CutEntry, decodeEntry, encodeEntry } from '../revocation/index.ts';

export interface JournalLine {
  readonly owner: string;
  readonly entry: CutEntry;
}

const FORMAT = 1;
/** The first line of a file. */
export const JOURNAL_HEAD: string = `revocable journal ${FORMAT}\n`;

/** `checksum [owner, entry]`. */
export function journalLine({ owner, entry }: JournalLine): string {
  const text = JSON.stringify([owner, encodeEntry(entry)]);
  return `${checksum(text)} ${text}\n`;
}

/**
 * What a torn end holds was never acknowledged, so it is passed over; nothing else is.
 * @param place names the file in errors
 * @throws {StoreError} ERR_STORE_CORRUPT naming file and line; ERR_STORE_UNAVAILABLE for a newer format
 */
export function journalLines(text: string, place: string): JournalLine[] {
  const [head, ...lines] = text.split('\n');
  const end = lines.findLastIndex(line => bodyOf(line) !== undefined);
  if (`${head}\n` !== JOURNAL_HEAD) return headless(`${head}`, end, place);
  return lines.slice(0, end + 1).map((line, i) => parse(line, `${place}, line ${i + 2}`));
}

function headless(head: string, end: number, place: string): [] {
  const [, format] = /^revocable journal (\d+)$/.exec(head) ?? [];
  if (format !== undefined && Number(format) > FORMAT)
    throw new StoreError(
      'ERR_STORE_UNAVAILABLE',
      `${place} has format ${format}; this version of revocable knows ${FORMAT}. Update revocable.`,
    );
  if (end === -1 && JOURNAL_HEAD.startsWith(head.replaceAll('\0', ''))) return [];
  throw corrupt(`${place}, line 1`);
}

function parse(line: string, place: string): JournalLine {
  const body = bodyOf(line);
  if (body === undefined) throw corrupt(place);
  try {
    const [owner, row] = JSON.parse(body) as [unknown, unknown];
    return { owner: String(owner), entry: decodeEntry(row, 0) };
  } catch {
    throw corrupt(place);
  }
}

/** Undefined for a line that was not written whole, or has been changed since. */
function bodyOf(line: string): string | undefined {
  const body = line.slice(9);
  return line[8] === ' ' && line.slice(0, 8) === checksum(body) ? body : undefined;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

const corrupt = (place: string): StoreError =>
  new StoreError(
    'ERR_STORE_CORRUPT',
    `The journal ${place}, is damaged. Nothing was dropped: put a copy of the file in its place, or move it away to go on without it.`,
  );
