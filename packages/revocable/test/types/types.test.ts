/** The type fixtures of this folder compile, strictly and without any `@types` package: each `@ts-expect-error` is needed and enough. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  types: [],
  lib: ['lib.esnext.d.ts'],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

test.each([
  ['keys-and-tokens.ts', true],
  ['schemas.ts', true],
  ['subpaths.ts', false],
])('%s, declarations unchecked: %s', (file, skipLibCheck) => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const program = ts.createProgram([path], { ...options, skipLibCheck });
  const found = ts.getPreEmitDiagnostics(program).map(({ file: where, start, messageText }) => {
    const line = where && start !== undefined ? where.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${where?.fileName.split('/').slice(-2).join('/')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  expect(found).toEqual([]);
});
