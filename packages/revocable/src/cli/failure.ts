/** A refusal or an error as people and machines read it, and its exit code. It never holds a token, key or password. */
import { ConfigError, RevocableError, TokenError, TokenExpiredError, TokenNotYetError } from '../index.ts';
import { decode, findAlgorithm } from '../jose/index.ts';
import type { ExitCode } from './command.ts';
import { inFlags } from './flags.ts';
import { humanDate } from './human-date.ts';
import { palette, printable, writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';
import { malformedHints } from './token.ts';

export interface FailureContext {
  readonly terminal: Terminal;
  readonly isJson: boolean;
  /** The command, for a word on its help. */
  readonly name?: string | undefined;
  /** Looked at for hints; nothing of it is shown but its algorithm. */
  readonly token?: string;
}

/** Says what went wrong: to people on stderr, with `--json` on stdout too. */
export function reportFailure(error: unknown, context: FailureContext): ExitCode {
  const { terminal } = context;
  if (!(error instanceof RevocableError)) return reportBug(error, terminal);
  const colour = palette(terminal, 'err');
  const message = printable(inFlags(error.message));
  const hints = hintsOf(error, context).map(printable);
  const label = error instanceof TokenError ? 'refused:' : 'error:';
  const code = error instanceof ConfigError ? '' : ` ${colour.dim(`(${error.code})`)}`;
  terminal.err(`${colour.red(label)} ${message}${code}\n${hints.map(hint => `  ${hint}\n`).join('')}`);
  if (context.isJson)
    writeJson(terminal, { ok: false, code: error.code, action: error.action, error: message, hints });
  return error instanceof ConfigError ? 2 : 1;
}

function hintsOf(error: RevocableError, { token, terminal, name }: FailureContext): string[] {
  const now = terminal.now();
  if (error instanceof TokenExpiredError) return [`That was ${humanDate(error.expiredAt.getTime(), now)}.`];
  if (error instanceof TokenNotYetError) return [`It will be ${humanDate(error.notBefore.getTime(), now)}.`];
  if (error instanceof ConfigError) return [`More: revocable ${name === undefined ? '' : `${name} `}--help`];
  if (error.code === 'ERR_TOKEN_CLAIM' && 'claim' in error && 'reason' in error)
    return claimHints(String(error.claim), String(error.reason));
  if (error.code === 'ERR_TOKEN_MALFORMED' && token !== undefined) return malformedHints(token);
  if (error.code === 'ERR_TOKEN_ALG_NOT_ALLOWED' && token !== undefined) return algorithmHints(token);
  return HINTS[error.code] ?? [];
}

const HINTS: Readonly<Record<string, string[]>> = {
  ERR_TOKEN_SIGNATURE: [
    'Another key made it, or it was changed on its way. Is a secret perhaps written in another --secret-encoding?',
  ],
  ERR_TOKEN_TYPE: ['If its type is what you expect, name it: --typ.'],
  ERR_KEY_TOO_WEAK: [
    '--allow-weak admits it, for old tokens and tests. To make a good one: revocable keys generate.',
  ],
};

function claimHints(claim: string, reason: string): string[] {
  if (reason === 'missing' && claim === 'exp')
    return ['It never expires. --no-require-expiry takes such tokens.'];
  const flags: Readonly<Record<string, string>> = { iss: '--issuer', aud: '--audience', sub: '--subject' };
  const flag = flags[claim];
  return reason === 'mismatch' && flag !== undefined
    ? [`It is not what ${flag} says. To see it: revocable decode.`]
    : [];
}

/** Only a name of the table is quoted. */
function algorithmHints(token: string): string[] {
  const row = findAlgorithm(algorithmOf(token));
  if (row === undefined) return ['The algorithm in its header is none that signs.'];
  const keyFlag = row.kty === 'oct' ? '--secret' : '--key';
  return [
    `The token says ${row.name}. If that is what you expect, say so: ${keyFlag} @file --alg ${row.name}.`,
  ];
}

function algorithmOf(token: string): string | undefined {
  try {
    return decode(token).header.alg;
  } catch {
    return undefined;
  }
}

/** What was not thrown on purpose may hold anything in its message, so only its name and place are shown. */
function reportBug(error: unknown, terminal: Terminal): ExitCode {
  const name = error instanceof Error ? error.name : typeof error;
  const place =
    error instanceof Error ? (error.stack ?? '').split('\n').filter(line => line.startsWith('    at ')) : [];
  terminal.err(
    `error: This should not happen (${name}). Please report it, without tokens or keys:\n${place.join('\n')}\n`,
  );
  return 1;
}
