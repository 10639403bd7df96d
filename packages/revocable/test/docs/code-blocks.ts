/**
 * The code blocks of a Markdown page, as modules for the type checker. A block is a module of its own unless its fence
 * says `continues`: then it goes on with the block before it. An HTML comment `<!-- given` directly before a fence
 * holds lines that the reader need not see. All lines keep their numbers, so a finding points into the page.
 */

export interface CodeModule {
  /** From the repository's root. */
  readonly page: string;
  /** Line of the first fence. */
  readonly line: number;
  readonly language: 'ts' | 'js';
  readonly text: string;
}

interface Block {
  readonly fence: number;
  readonly language: 'ts' | 'js';
  readonly continues: boolean;
  /** Line numbers (from 0) of the code and of what was given for it. */
  readonly lines: readonly number[];
}

const FENCE = /^ {0,3}```(ts|js)(?:\s+(continues))?\s*$/;

/** @throws when a fence continues nothing, or is not closed */
export function codeModules(page: string, markdown: string): CodeModule[] {
  const lines = markdown.split('\n');
  return groups(page, blocksOf(page, lines)).map(blocks => {
    const [first] = blocks;
    if (first === undefined) throw new Error('a group has a block');
    const kept = new Set(blocks.flatMap(block => block.lines));
    const text = lines.map((line, number) => (kept.has(number) ? line : '')).join('\n');
    return { page, line: first.fence + 1, language: first.language, text };
  });
}

function blocksOf(page: string, lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let number = 0; number < lines.length; number += 1) {
    const match = FENCE.exec(lines[number] ?? '');
    if (match === null) continue;
    const end = lines.findIndex((line, at) => at > number && /^ {0,3}```\s*$/.test(line));
    if (end === -1) throw new Error(`${page}:${number + 1}: this fence is not closed`);
    const code = range(number + 1, end);
    const language = match[1] === 'js' ? 'js' : 'ts';
    blocks.push({
      fence: number,
      language,
      continues: match[2] !== undefined,
      lines: [...given(lines, number), ...code],
    });
    number = end;
  }
  return blocks;
}

/** The lines of a `<!-- given … -->` that ends directly above the fence. */
function given(lines: readonly string[], fence: number): number[] {
  if (lines[fence - 1] !== '-->') return [];
  const start = lines.lastIndexOf('<!-- given', fence);
  return start === -1 ? [] : range(start + 1, fence - 1);
}

function groups(page: string, blocks: readonly Block[]): Block[][] {
  const found: Block[][] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    if (!block.continues) found.push([block]);
    else if (last === undefined) throw new Error(`${page}:${block.fence + 1}: there is no block to continue`);
    else last.push(block);
  }
  return found;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, offset) => start + offset);
}
