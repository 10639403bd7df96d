/** Bytes to a plain, frozen JSON object, or nothing: RFC 8259, and no duplicate members (RFC 7515 section 4, RFC 7519 section 4). */
import { Buffer, isUtf8 } from 'node:buffer';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** Deeper values are refused, so that no walk over them can exhaust the stack. */
const MAX_DEPTH = 100;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/**
 * The object that UTF-8 JSON bytes spell, deeply frozen; undefined when they are anything else,
 * name a member twice, name one `__proto__` or nest deeper than 100.
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const walk: Walk = { members: 0, colons: 0, sound: true };
  freeze(value, 1, walk);
  return walk.sound && !hasDuplicates(bytes, walk) ? (value as JsonObject) : undefined;
}

function parse(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

interface Walk {
  members: number;
  colons: number;
  sound: boolean;
}

function freeze(value: object, depth: number, walk: Walk): void {
  if (depth > MAX_DEPTH) {
    walk.sound = false;
    return;
  }
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(value[i], depth, walk);
  else freezeMembers(value as Record<string, unknown>, depth, walk);
  Object.freeze(value);
}

function freezeMembers(object: Record<string, unknown>, depth: number, walk: Walk): void {
  const names = Object.keys(object);
  walk.members += names.length;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (name === '__proto__') walk.sound = false;
    walk.colons += colonsIn(name);
    visit(object[name], depth, walk);
  }
}

function visit(value: unknown, depth: number, walk: Walk): void {
  if (typeof value === 'string') walk.colons += colonsIn(value);
  else if (typeof value === 'object' && value !== null) freeze(value, depth + 1, walk);
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) count++;
  return count;
}

/**
 * JSON.parse keeps the last of two members of one name. Each member has one colon; the others stand in strings:
 * so without escapes the text has more colons than the value accounts for exactly when a member was dropped.
 */
function hasDuplicates(bytes: Uint8Array, walk: Walk): boolean {
  let colons = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === COLON) colons++;
    else if (byte === BACKSLASH) return structuralColons(bytes) !== walk.members;
  }
  return colons !== walk.members + walk.colons;
}

/** Colons outside strings of a text that is known to be JSON: as many as it has members. */
function structuralColons(bytes: Uint8Array): number {
  let count = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) inString = !inString;
    else if (byte === BACKSLASH) i++;
    else if (byte === COLON && !inString) count++;
  }
  return count;
}
