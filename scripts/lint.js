#!/usr/bin/env node
import { ROOT, runNode, toolFile } from './command.js';
/** `npm run lint`: one line a step, and the findings under a step that has some. Exit 1 when any has. */
import { importFindings } from './lint/imports.js';
import { packageFindings } from './lint/packages.js';
import { portFindings } from './lint/ports.js';
import { sizeFindings } from './lint/sizes.js';

const tool =
  (file, ...args) =>
  () => {
    const { ok, output } = runNode(file, args);
    return { findings: ok ? [] : [output] };
  };
const TSC = toolFile('typescript-7', 'tsc');

const steps = [
  ['build', tool('scripts/build.js')],
  ['format and lint', tool(toolFile('@biomejs/biome'), 'check', '--colors=off', '--error-on-warnings', '.')],
  ['types of the tests', tool(TSC, '-p', 'tsconfig.test.json')],
  ['import rules', () => importFindings(ROOT)],
  ['ports', () => portFindings(ROOT)],
  ['packages as packed', packageFindings],
  ['sizes', sizeFindings],
];

let failed = 0;
for (const [name, step] of steps) {
  const start = performance.now();
  const { findings, count } = await step();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const verdict = findings.length === 0 ? 'ok' : 'FAILED';
  console.log(
    `lint: ${name.padEnd(20)} ${verdict.padEnd(6)} ${seconds.padStart(5)} s${count === undefined ? '' : `  (${count})`}`,
  );
  for (const finding of findings) console.log(finding.replace(/^/gm, '  '));
  if (findings.length > 0) failed += 1;
}
console.log(failed === 0 ? 'lint: all steps passed' : `lint: ${failed} of ${steps.length} steps failed`);
process.exitCode = failed === 0 ? 0 : 1;
