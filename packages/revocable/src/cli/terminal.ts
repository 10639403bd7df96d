/** The world around the command: streams, files, environment and clock, as the system has them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../index.ts';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colours are for people: never in a pipe, nor against NO_COLOR. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  readonly isInteractive: { readonly in: boolean; readonly out: boolean };
  /** Of a line for people; endless in a pipe, so that lines can be searched. */
  readonly columns: number;
  /** Milliseconds. */
  now(): number;
  out(text: string): void;
  err(text: string): void;
  /**
   * All of stdin, once.
   * @param what wants it, for the error
   * @throws {ConfigError} ERR_CONFIG_INVALID when something else has read it
   */
  readStdin(what: string): Promise<Uint8Array>;
  /**
   * @param called what an error calls it instead of its path
   * @throws {ConfigError} ERR_CONFIG_INVALID when it cannot be read
   */
  readFile(path: string, called?: string): Uint8Array;
  hasFile(path: string): boolean;
  /**
   * Writes a file that only its owner may read.
   * @throws {ConfigError} ERR_CONFIG_INVALID when it is there already, or cannot be written
   */
  createFile(path: string, text: string): void;
}

/** The terminal of this process. */
export function systemTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const mayColour = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  let reader: string | undefined;
  stdout.on('error', leaveQuietly);
  return {
    env,
    colours: { out: mayColour && stdout.isTTY === true, err: mayColour && stderr.isTTY === true },
    isInteractive: { in: stdin.isTTY === true, out: stdout.isTTY === true },
    columns: stdout.isTTY === true ? stdout.columns : Number.POSITIVE_INFINITY,
    now: () => Date.now(),
    out: text => void stdout.write(text),
    err: text => void stderr.write(text),
    async readStdin(what) {
      if (reader !== undefined)
        throw new ConfigError(
          `Stdin can be read only once, and ${reader} has read it: give ${what} in another way.`,
        );
      reader = what;
      const chunks: Uint8Array[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
    readFile: (path, called = fileCalled(path)) => attempt('read', called, () => readFileSync(path)),
    hasFile: path => existsSync(path),
    createFile: (path, text) =>
      attempt('written', fileCalled(path), () => writeFileSync(path, text, { mode: 0o600, flag: 'wx' })),
  };
}

/** `revocable … | head` closes the pipe early: no error. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already, and is not overwritten',
  ENOTDIR: 'a part of its path is no folder',
};

function fileCalled(path: string): string {
  return `The file ${JSON.stringify(path)}`;
}

function attempt<T>(verb: 'read' | 'written', called: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new ConfigError(`${called} cannot be ${verb}: ${REASONS[code] ?? code}.`, {
      cause,
    });
  }
}
