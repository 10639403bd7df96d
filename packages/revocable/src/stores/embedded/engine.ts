/** Which SQLite: the one built into Node where it is new enough, else the same API from an npm package. */
import { ConfigError } from '../../errors.ts';

export type Value = string | number | null;
export type Row = readonly Value[];

/** The part of `node:sqlite` that is used; both sources have it. */
export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  setReturnArrays(on: boolean): void;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type DatabaseClass = new (path: string, options?: object) => Database;

export interface Engine {
  /** Where it comes from. */
  readonly source: string;
  readonly version: string;
  open(path: string): Database;
}

const BUILT_IN = 'node:sqlite';
const PACKAGE = '@photostructure/sqlite';
/** Versions before it can lose a WAL that two processes share. */
const NEEDED = [3, 51, 3];

/**
 * Loads the engine; call it in the one thread that holds it.
 * @throws {ConfigError} ERR_CONFIG_INVALID when neither source has a SQLite that is new enough
 */
export async function loadEngine(): Promise<Engine> {
  const builtIn = engineOf(BUILT_IN, builtInModule());
  if (builtIn !== undefined && isEnough(builtIn.version)) return builtIn;
  const installed = engineOf(PACKAGE, await packageModule());
  if (installed !== undefined && isEnough(installed.version)) return installed;
  throw new ConfigError(adviceFor(process.versions.node, builtIn?.version));
}

/** What to do where no SQLite is new enough. */
export function adviceFor(node: string, found: string | undefined): string {
  const has = found === undefined ? 'has none' : `has ${found}, which can damage a shared database`;
  return (
    `The embedded store needs SQLite ${NEEDED.join('.')} or later; Node ${node} ${has}. ` +
    `Update Node to 22.22.3, 24.15 or later, or run: npm install ${PACKAGE}@1`
  );
}

export function isEnough(version: string): boolean {
  const numbers = version.split('.').map(Number);
  for (const [i, needed] of NEEDED.entries()) {
    const difference = (numbers[i] ?? 0) - needed;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function builtInModule(): unknown {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
  return getBuiltinModule?.(BUILT_IN);
}

/** By a variable name: a bundler must not look for what need not be installed. */
async function packageModule(): Promise<unknown> {
  const name: string = PACKAGE;
  try {
    return await import(name);
  } catch {
    return undefined;
  }
}

function engineOf(source: string, module: unknown): Engine | undefined {
  const found = (module as { DatabaseSync?: DatabaseClass } | undefined)?.DatabaseSync;
  if (found === undefined) return undefined;
  const memory = new found(':memory:');
  const statement = memory.prepare('SELECT sqlite_version()');
  statement.setReturnArrays(true);
  const version = String(statement.get()?.[0]);
  memory.close();
  return { source, version, open: path => new found(path) };
}
