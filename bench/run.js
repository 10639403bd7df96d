#!/usr/bin/env node
/**
 * `npm run bench`: measures on each Node in several processes, prints the report and writes its section of RESULTS.md.
 * `-- --quick` is a short look on this Node, and `--only "verify HS256"` measures the cases with that text: neither writes.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './machine.js';
import { nodeFile } from './nodes.js';
import { record } from './record.js';
import { reportOf } from './report.js';
import { createResults } from './results.js';

const FULL = { processes: 3, rounds: 9, sampleMs: 60, warmUpMs: 400, poolRounds: 3, poolMs: 1000 };
const QUICK = { processes: 1, rounds: 7, sampleMs: 20, warmUpMs: 100, poolRounds: 2, poolMs: 300 };
const NODES = ['20', '24'];
const MEASURE = fileURLToPath(new URL('measure.js', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string', default: '' },
    node: { type: 'string', multiple: true },
  },
});
const plan = { ...(values.quick ? QUICK : FULL), only: values.only };
const nodes = values.node ?? (values.quick ? [process.versions.node.split('.')[0]] : NODES);

const before = load();
const all = [];
for (const node of nodes) all.push(await resultsOn(node));
const report = reportOf({ plan, loads: { before, after: load() }, all });
console.log(report);
if (!values.quick && values.only === '' && values.node === undefined) record('tokens', report);

async function resultsOn(node) {
  const file = await nodeFile(node);
  const runs = [];
  for (let number = 1; number <= plan.processes; number++)
    runs.push(await measured(file, `Node ${node}, process ${number}`));
  return createResults(runs);
}

/** What one process sends; its progress goes to the terminal. */
function measured(execPath, label) {
  const child = fork(MEASURE, [JSON.stringify(plan)], {
    execPath,
    execArgv: ['--no-warnings'],
  });
  return new Promise((resolve, reject) => {
    let sent;
    child.on('message', message => {
      if (message.progress === undefined) sent = message;
      else console.error(`${label}: ${message.progress}`);
    });
    child.on('error', reject);
    child.on('exit', code =>
      sent === undefined ? reject(new Error(`${label} ended with ${code}.`)) : resolve(sent),
    );
  });
}
