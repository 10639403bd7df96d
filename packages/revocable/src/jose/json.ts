/** JSON text to a plain, frozen object, or nothing: RFC 8259, and no duplicate members (RFC 7515 section 4, RFC 7519 section 4). */
import { Buffer, isUtf8 } from 'node:buffer';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** Deeper values are refused, so that no walk over them can exhaust the stack. */
const MAX_DEPTH = 100;
/** Called within `for in`, V8 removes it; `Object.hasOwn` it does not. */
const isOwn = Object.prototype.hasOwnProperty;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
/** JSON's white space is this and lower. */
const SPACE = 0x20;

/** The object that the UTF-8 of a JSON text spells, as `parseJsonText` reads it. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}

/**
 * The object that a JSON text spells, deeply frozen; undefined when it is anything else,
 * names a member twice, names one `__proto__` or nests deeper than 100.
 */
export function parseJsonText(text: string): JsonObject | undefined {
  return readObject(text, true);
}

/** The same, not frozen: what nobody relies on need not bear the price, which is a tenth of the reading. */
export function readJsonText(text: string): JsonObject | undefined {
  return readObject(text, false);
}

function readObject(text: string, freezes: boolean): JsonObject | undefined {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const walk: Walk = { members: 0, sound: true, freezes };
  walkMembers(value as Record<string, unknown>, 1, walk);
  return walk.sound && !hasDuplicates(text, walk.members) ? (value as JsonObject) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // no JSON, and so nothing
  }
}

interface Walk {
  members: number;
  sound: boolean;
  readonly freezes: boolean;
}

/** `for in` with the check for own members is the fastest walk there is; Object.keys makes an array first. */
function walkMembers(object: Record<string, unknown>, depth: number, walk: Walk): void {
  for (const name in object) {
    if (!isOwn.call(object, name)) continue;
    walk.members++;
    if (name === '__proto__') walk.sound = false;
    const value = object[name];
    if (typeof value === 'object' && value !== null) walkNested(value, depth, walk);
  }
  if (walk.freezes) Object.freeze(object);
}

function walkItems(items: readonly unknown[], depth: number, walk: Walk): void {
  for (const value of items) if (typeof value === 'object' && value !== null) walkNested(value, depth, walk);
  if (walk.freezes) Object.freeze(items);
}

function walkNested(value: object, depth: number, walk: Walk): void {
  if (depth >= MAX_DEPTH) walk.sound = false;
  else if (Array.isArray(value)) walkItems(value, depth + 1, walk);
  else walkMembers(value as Record<string, unknown>, depth + 1, walk);
}

/**
 * JSON.parse keeps the last of two members of one name, so the text then has more members than the value. Where no white space
 * stands before a colon, each member ends its name in `":`, and strings only add to them: as many as there are members are all
 * there are. Other texts are counted exactly.
 */
function hasDuplicates(text: string, members: number): boolean {
  return namesEnded(text) !== members && structuralColons(text) !== members;
}

/** How often `":` stands in a text; -1 where white space stands before a colon. */
function namesEnded(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (before === QUOTE) count++;
    else if (before <= SPACE) return -1;
  }
  return count;
}

/** Colons outside strings of a text that is known to be JSON: as many as it has members. */
function structuralColons(text: string): number {
  let count = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) inString = !inString;
    else if (code === BACKSLASH) i++;
    else if (code === COLON && !inString) count++;
  }
  return count;
}
