/**
 * `node --import ./scripts/typescript-loader.js file.ts`: Node 20 runs TypeScript whose types can be erased, as later
 * ones do by themselves.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import typescript from 'typescript';

const { ModuleKind, ScriptTarget, transpileModule } = typescript;
const compilerOptions = {
  module: ModuleKind.ESNext,
  target: ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
};

if (isMainThread && !process.features.typescript) register(import.meta.url);

/** A hook of node:module. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  const { outputText } = transpileModule(text, { compilerOptions, fileName: url });
  return { format: 'module', source: outputText, shortCircuit: true };
}
