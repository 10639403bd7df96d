/** RESULTS.md: each benchmark owns one section of it, and leaves the others as they are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const SECTIONS = ['tokens', 'revocation', 'reach', 'sessions'];

const mark = name => `<!-- ${name} -->\n`;

/** @param text Markdown that starts with a heading */
export function record(name, text) {
  if (!SECTIONS.includes(name)) throw new Error(`RESULTS.md has no section "${name}".`);
  const sections = { ...recorded(), [name]: text };
  const parts = SECTIONS.filter(each => sections[each]).map(
    each => `${mark(each)}${sections[each].trim()}\n`,
  );
  writeFileSync(FILE, parts.join('\n'));
}

function recorded() {
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const starts = SECTIONS.map(name => ({ name, at: text.indexOf(mark(name)) })).filter(({ at }) => at >= 0);
  return Object.fromEntries(
    starts.map(({ name, at }, i) => [name, text.slice(at + mark(name).length, starts[i + 1]?.at)]),
  );
}
