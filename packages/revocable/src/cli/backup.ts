/** `revocable backup`: a whole copy of an embedded store, while its service runs. */
import { backupStore } from '../index.ts';
import type { Invocation } from './command.ts';
import { palette, printable, writeJson } from './output.ts';
import { backupFile, storeLocation } from './store-option.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal } = invocation;
  const file = backupFile(invocation);
  const store = storeLocation(flags, terminal);
  const { bytes } = await backupStore(store, file);
  if (flags.isOn('json')) writeJson(terminal, { ok: true, store, file, bytes });
  else {
    const colour = palette(terminal);
    terminal.out(`${colour.green('backed up')} ${printable(`${store} to ${file}`)} (${size(bytes)})\n`);
    terminal.out(
      '  Its root secret is not in it: keep that apart, for neither makes a token without the other.\n',
    );
  }
  return 0;
}

const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
