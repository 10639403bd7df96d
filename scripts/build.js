#!/usr/bin/env node
/** `npm run build`: compiles what changed, removes what has no source any more, offers the command to npx. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, toolFile } from './command.js';

const COMMAND = join(ROOT, 'packages/revocable/dist/cli/main.js');
const LINK = join(ROOT, 'node_modules/.bin/revocable');
const OUTPUT = /(?:\.d\.ts|\.js)$/;

const { status } = spawnSync(process.execPath, [toolFile('typescript-7', 'tsc'), '-b'], {
  cwd: ROOT,
  stdio: 'inherit',
});
for (const name of readdirSync(join(ROOT, 'packages'))) removeOrphans(join(ROOT, 'packages', name));
if (existsSync(COMMAND)) offerCommand();
process.exitCode = status ?? 1;

/** A module that was renamed would otherwise go on passing its tests, and be packed. */
function removeOrphans(folder) {
  const dist = join(folder, 'dist');
  if (!existsSync(dist)) return;
  const outputs = readdirSync(dist, { recursive: true }).filter(file => OUTPUT.test(file));
  const orphans = outputs.filter(file => !existsSync(join(folder, 'src', file.replace(OUTPUT, '.ts'))));
  for (const file of orphans) rmSync(join(dist, file));
}

/** npm links a command only if its file is there when it installs; in a fresh clone that is before the build. */
function offerCommand() {
  chmodSync(COMMAND, 0o755);
  if (process.platform !== 'win32' && !existsSync(LINK)) symlinkSync(COMMAND, LINK);
}
