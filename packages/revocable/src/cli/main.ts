#!/usr/bin/env node
/** The `revocable` command. */
import { readFileSync } from 'node:fs';
import { findCommand, type Parsed, parseCommandLine } from './command-line.ts';
import { reportFailure } from './failure.ts';
import { commandHelp, groupHelp, overallHelp } from './help.ts';
import { palette } from './output.ts';
import { systemTerminal, type Terminal } from './terminal.ts';

const terminal = systemTerminal();
// Not process.exit: the service lives on after its command, and what is written may still be on its way.
process.exitCode = await main(process.argv.slice(2), terminal);

async function main(argv: readonly string[], terminal: Terminal): Promise<number | undefined> {
  const name = findCommand(argv)?.row.name;
  const isJson = argv.includes('--json');
  try {
    if (argv.length === 0) return usage(terminal);
    const parsed = parseCommandLine(argv);
    if (parsed.kind !== 'run') return inform(parsed, terminal);
    const { run } = await parsed.row.load();
    return await run({ name: parsed.row.name, flags: parsed.flags, words: parsed.words, terminal });
  } catch (error) {
    return reportFailure(error, { terminal, isJson, name });
  }
}

/** The command alone is wrong use, which its help explains. */
function usage(terminal: Terminal): number {
  terminal.err(overallHelp(version(), palette(terminal, 'err')));
  return 2;
}

function inform(parsed: Exclude<Parsed, { kind: 'run' }>, terminal: Terminal): number {
  const colour = palette(terminal);
  if (parsed.kind === 'version') terminal.out(`${version()}\n`);
  else if (parsed.about === undefined) terminal.out(overallHelp(version(), colour));
  else if (typeof parsed.about === 'string') terminal.out(groupHelp(parsed.about, colour));
  else terminal.out(commandHelp(parsed.about, colour));
  return 0;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
