/** The report of a run, in Markdown. */
import { libraries, machine } from './machine.js';
import { operations } from './operations.js';
import { median } from './statistics.js';
import { targetsIn } from './targets.js';
import { payloads } from './token.js';

/** @param {{ plan: object, loads: { before: number, after: number }, all: object[] }} run `all`: results, one a Node */
export function reportOf({ plan, loads, all }) {
  const parts = [head(plan, loads, all), targetPart(all), ...all.map(nodePart), droppedPart(all)];
  return `${parts.join('\n\n')}\n`;
}

function head(plan, { before, after }, all) {
  const nodes = all.map(
    ({ versions }) => `Node ${versions.node} (V8 ${versions.v8}, OpenSSL ${versions.openssl})`,
  );
  return [
    '# Results of a run',
    'Written by `npm run bench`, never by hand. How to read it: [docs/explanation/speed.md](../docs/explanation/speed.md).',
    [
      `- Machine: ${machine()}; ${before.toFixed(1)} processes wanted a core before, ${after.toFixed(1)} after`,
      `- Runtimes: ${nodes.join('; ')}`,
      `- Libraries: ${libraries().join(', ')}`,
      `- ${plan.processes} processes a Node, ${plan.rounds} interleaved rounds of about ${plan.sampleMs} ms each`,
    ].join('\n'),
  ].join('\n\n');
}

function targetPart(all) {
  const columns = all.flatMap(({ versions }) => [`Node ${versions.node}`, '']);
  const judged = all.map(targetsIn);
  const rows = judged[0].map(({ text, wanted }, row) => [
    text,
    wanted,
    ...judged.flatMap(targets => [targets[row].measured, verdict(targets[row].reached)]),
  ]);
  return `## Targets\n\n${table(['target', 'wanted', ...columns], rows)}`;
}

const verdict = reached => (reached === undefined ? '' : reached ? 'reached' : '**not reached**');

function nodePart(results) {
  const parts = Object.keys(operations).map(operation => operationPart(operation, results));
  return [`## Node ${results.versions.node}`, ...parts, poolPart(results)].filter(Boolean).join('\n\n');
}

const COLUMNS = ['µs', '× floor', '× revocable'];

function operationPart(operation, results) {
  const { title, algorithms, clock } = operations[operation];
  const rows = algorithms.flatMap(alg => algorithmRows(operation, alg, results));
  if (rows.length === 0) return undefined;
  const columns = payloads.flatMap(payload => COLUMNS.map(column => `${payload}: ${column}`));
  const time = clock === 'cpu' ? 'Processor time' : 'Wall time';
  return `### ${title}\n\n${time} of one call.\n\n${table(['algorithm', 'library', ...columns, 'tamper check'], rows)}`;
}

function algorithmRows(operation, alg, results) {
  const ones = payloads.map(payload => ({ operation, alg, payload }));
  const [first] = ones;
  return results
    .librariesOf(first)
    .map(library => [
      alg,
      library,
      ...ones.flatMap(one => figures(one, library, results)),
      checkText(results.checks(first, library)),
    ]);
}

function figures(one, library, results) {
  const time = results.microseconds(one, library);
  if (time === undefined) return ['', '', ''];
  const share = Math.round(results.variation(one, library) * 100);
  const over = other => results.ratio(one, library, other)?.middle.toFixed(2) ?? '';
  return [`${digits(time.middle)} ± ${share} %`, over('floor'), over('revocable')];
}

const digits = value => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const checkText = checks => (checks === 0 ? 'none: it judges nothing' : `${checks} of ${checks}`);

function poolPart({ pools }) {
  if (pools.length === 0) return undefined;
  const rows = pools[0].loads.map((_, index) => poolRow(pools.map(pool => pool.loads[index])));
  const columns = ['callers', 'a second', '× in line', 'latency p50', 'p99', 'event loop late, p99'];
  const inLine = Math.round(median(pools.map(pool => pool.inLine)));
  return `### Sign RS256 in the thread pool\n\nIn line: ${inLine} a second, and the event loop waits. Each caller asks again when it is served.\n\n${table(columns, rows)}`;
}

function poolRow(loads) {
  const of = name => median(loads.map(load => load[name]));
  const ms = name => `${of(name).toFixed(2)} ms`;
  return [
    loads[0].callers,
    Math.round(of('perSecond')),
    of('ratio').toFixed(2),
    ms('p50'),
    ms('p99'),
    ms('loopDelayMs'),
  ];
}

function droppedPart(all) {
  const lines = all.flatMap(({ versions, dropped }) =>
    dropped.map(line => `- Node ${versions.node}: ${line}`),
  );
  return `## Dropped\n\n${lines.length === 0 ? 'None: every library passed its tamper checks.' : lines.join('\n')}`;
}

function table(columns, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
