/** What a command is given, and what it gives back: its exit code. */
import type { Terminal } from './terminal.ts';

/** 0 valid, 1 refused or malformed, 2 wrong use. */
export type ExitCode = 0 | 1 | 2;

/** The flags that were given, by their names without dashes. */
export interface Flags {
  /** The last value of a flag; undefined when it was not given. */
  text(name: string): string | undefined;
  /** All values of a flag that may be repeated; undefined when it was not given. */
  texts(name: string): readonly string[] | undefined;
  isOn(name: string): boolean;
}

export interface Invocation {
  /** Of the command, as in "keys generate". */
  readonly name: string;
  readonly flags: Flags;
  /** What is no flag. Of `serve`: everything, as it was written. */
  readonly words: readonly string[];
  readonly terminal: Terminal;
}

/** Other numbers come from the service. */
export type Run = (invocation: Invocation) => Promise<number | undefined>;
