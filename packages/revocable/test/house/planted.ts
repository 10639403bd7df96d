/** A small house in a temporary folder, into which a test plants one breach of a rule. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const LIBRARY = {
  'errors.ts': 'export interface Fault { code: string }\nexport const fault = 1;',
  'random.ts': "import { randomBytes } from 'node:crypto';\nexport const bytes = randomBytes;",
  'jose/index.ts': "export { table } from './algorithms.ts';",
  'jose/algorithms.ts': "import { createHash } from 'node:crypto';\nexport const table = createHash;",
  'keys/index.ts': "import { table } from '../jose/index.ts';\nexport const ring = table;",
  'revocation/index.ts': "import { fault } from '../errors.ts';\nexport const cutoff = fault;",
  'sessions/index.ts': 'export const session = 1;',
  'store.ts': "import type { ring } from './keys/index.ts';\nexport type Ring = typeof ring;",
  'stores/index.ts': "import { cutoff } from '../revocation/index.ts';\nexport const memory = cutoff;",
  'verifier/index.ts': "import { table } from '../jose/index.ts';\nexport const verifier = table;",
  'authority/index.ts':
    "import { verifier } from '../verifier/index.ts';\nexport const authority = verifier;",
  'http/wire.ts': "import type { Fault } from '../errors.ts';\nexport type Body = Fault;",
  'http/index.ts': "import type { verifier } from '../verifier/index.ts';\nexport type V = typeof verifier;",
  'adapters/hono.ts':
    "import type { Frame } from 'frame';\nexport type { V } from '../http/index.ts';\nexport type F = Frame;",
  'browser/index.ts': "export type { Body } from '../http/wire.ts';",
  'index.ts': "export { memory } from './stores/index.ts';",
  'cli/main.ts': "import { memory } from '../index.ts';\nexport const run = memory;",
};

const ELSEWHERE = {
  'packages/service/src/index.ts': "import { memory } from 'revocable';\nexport const served = memory;",
  'packages/revocable/package.json': '{"name":"revocable","type":"module","exports":{".":"./dist/index.js"}}',
  'packages/revocable/dist/index.js': 'export const memory = 1;',
  'node_modules/revocable/package.json': '{"name":"revocable","type":"module","exports":{".":"./index.js"}}',
  'node_modules/revocable/index.js': 'export const memory = 1;',
  'node_modules/frame/package.json': '{"name":"frame","type":"module","exports":{".":"./index.js"}}',
  'node_modules/frame/index.js': 'export const frame = 1;',
  'package.json':
    '{"type":"module","dependencies":{"frame":"1","revocable":"1"},"workspaces":["packages/*"]}',
};

/** Runs `look` over the house with `breaches` (path from `src/`, or from the root: text) added. */
export async function inPlantedHouse<T>(
  breaches: Readonly<Record<string, string>>,
  look: (root: string) => T | Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'house-'));
  try {
    const inLibrary = Object.entries({ ...LIBRARY, ...breaches }).map(
      ([path, text]) => [fromRoot(path), text] as const,
    );
    for (const [path, text] of [...Object.entries(ELSEWHERE), ...inLibrary]) write(join(root, path), text);
    return await look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function fromRoot(path: string): string {
  return path.startsWith('packages/') ? path : `packages/revocable/src/${path}`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
