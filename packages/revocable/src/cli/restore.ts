/** `revocable restore`: a store made of a backup. */
import { restoreStore } from '../index.ts';
import type { Invocation } from './command.ts';
import { palette, printable, writeJson } from './output.ts';
import { backupFile, storeLocation } from './store-option.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal } = invocation;
  const file = backupFile(invocation);
  const store = storeLocation(flags, terminal);
  const keepSessions = flags.isOn('keep-sessions');
  const { lacksSecret } = await restoreStore(file, store, { keepSessions });
  if (flags.isOn('json')) {
    writeJson(terminal, {
      ok: true,
      store,
      file,
      sessions: keepSessions ? 'kept' : 'cut off',
      lacks_secret: lacksSecret,
    });
    return 0;
  }
  const colour = palette(terminal);
  terminal.out(`${colour.green('restored')} ${printable(`${file} into ${store}`)}\n`);
  terminal.out(`  ${keepSessions ? KEPT : CUT}\n`);
  if (lacksSecret) terminal.out(`  ${colour.yellow(SECRET)}\n`);
  return 0;
}

const CUT = 'Everyone is cut off, for it lacks what was taken back later: all sign in again.';
const KEPT =
  'Sessions go on. What was taken back later counts again when journals and followers have given it back.';
const SECRET =
  'Before you start it, put the root secret of the lost store into its folder as "secret", or into REVOCABLE_SECRET.';
