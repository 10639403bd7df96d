/**
 * Text as a column gives it back as it was. One of the engines reads a text up to its first NUL, and UTF-8 has no lone
 * surrogates; texts with either are kept as JSON, and so is what could be mistaken for that.
 */
export function columnText(text: string): string {
  const isPlain = !text.includes('\0') && !text.startsWith('"') && isWellFormed(text);
  return isPlain ? text : JSON.stringify(text);
}

export function textOf(column: unknown): string {
  const text = String(column);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

// On Node 20 and later; the typed library of ES2023 does not have it yet.
const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed();
