/** `docs/security/mutation.md`, from Stryker's report. */

const PREFIX = 'packages/revocable/dist/jose/';
const ORDER = ['Survived', 'NoCoverage'];

/**
 * @param files by path, as the report has them, each with the date of its run
 * @param missing names of files that no run has done yet
 * @returns {{ text: string, summary: string }}
 */
export function mutationPage(files, missing) {
  const rows = Object.entries(files)
    .map(([path, file]) => rowOf(path.replace(PREFIX, ''), file))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = sum(rows);
  const summary = `jose/: ${percent(total)} of ${total.detected + total.undetected} mutants are noticed`;
  const text = [...heading(total), ...table(rows, total), ...notRun(missing), ...survivors(rows)].join('\n');
  return { summary, text };
}

function rowOf(name, { mutants, source, date }) {
  const having = (...statuses) => mutants.filter(({ status }) => statuses.includes(status));
  return {
    name,
    date,
    detected: having('Killed', 'Timeout', 'RuntimeError').length,
    undetected: having(...ORDER).length,
    ignored: having('Ignored').length,
    left: having(...ORDER).map(mutant => ({ ...mutant, was: textAt(source, mutant.location) })),
  };
}

const sum = rows =>
  rows.reduce(
    (all, row) => ({
      detected: all.detected + row.detected,
      undetected: all.undetected + row.undetected,
      ignored: all.ignored + row.ignored,
    }),
    { detected: 0, undetected: 0, ignored: 0 },
  );

function percent({ detected, undetected }) {
  const all = detected + undetected;
  return all === 0 ? '-' : `${((detected / all) * 100).toFixed(1)} %`;
}

function heading(total) {
  return [
    '# Mutation score of `jose/`',
    '',
    'Written by `npm run mutation`. Stryker changes one thing at a time in the built `jose/`, and a test must fail. For each file',
    'those tests run that `scripts/mutation/tests.js` names, so a score is never above what all tests would give. Words of',
    'error messages are not changed: they are for people, and no test pins them.',
    '',
    `**${percent(total)}** of ${total.detected + total.undetected} mutants are noticed; ${total.ignored} are in the words of messages.`,
    '',
  ];
}

function table(rows, total) {
  const line = ({ name, detected, undetected, ...row }) =>
    `| ${name} | ${percent({ detected, undetected })} | ${detected} | ${undetected} | ${row.ignored} | ${row.date ?? ''} |`;
  return [
    '| file | score | noticed | not noticed | not changed | run |',
    '|---|---:|---:|---:|---:|---|',
    ...rows.map(line),
    line({ ...total, name: '**all**' }),
    '',
  ];
}

const notRun = missing =>
  missing.length === 0 ? [] : [`Not run yet: ${missing.map(name => `\`${name}\``).join(', ')}.`, ''];

function survivors(rows) {
  return rows
    .filter(({ left }) => left.length > 0)
    .flatMap(({ name, left }) => [
      `## ${name}: what no test notices`,
      '',
      '| line | in the build | changed to | |',
      '|---:|---|---|---|',
      ...left.map(
        ({ location, was, replacement, status, mutatorName }) =>
          `| ${location.start.line} | ${code(was)} | ${code(replacement ?? mutatorName)} | ${status === 'NoCoverage' ? 'never run' : ''} |`,
      ),
      '',
    ]);
}

const code = text => {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('`', "'");
  return `\`${line.length > 90 ? `${line.slice(0, 87)}...` : line}\``;
};

function textAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}
