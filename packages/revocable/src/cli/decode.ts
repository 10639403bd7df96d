/** `revocable decode`: what a token says of itself. Nothing is proved. */
import { decode, type Unverified } from '../index.ts';
import type { Invocation } from './command.ts';
import { reportFailure } from './failure.ts';
import { memberRows, palette, table, writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';
import { readToken } from './token.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, name } = invocation;
  const isJson = flags.isOn('json');
  const token = await readToken(invocation);
  try {
    const { header, claims, signature } = decode(token);
    if (isJson) writeJson(terminal, { header, claims, signature });
    else terminal.out(`${parts({ header, claims }, terminal)}\n${footer(signature, terminal)}`);
    return 0;
  } catch (error) {
    return reportFailure(error, { terminal, isJson, name, token });
  }
}

/** Header and claims as people read them. */
export function parts({ header, claims }: Pick<Unverified, 'header' | 'claims'>, terminal: Terminal): string {
  const colour = palette(terminal);
  const now = terminal.now();
  return `${table('Header', memberRows(header, now), colour)}\n${table('Claims', memberRows(claims, now), colour)}`;
}

function footer(signature: string, terminal: Terminal): string {
  const colour = palette(terminal);
  const octets = Buffer.from(signature, 'base64url').length;
  const size = octets === 0 ? 'none' : `${octets} bytes`;
  return `${colour.bold('Signature')}\n  ${size}, ${colour.yellow('not verified')}: anyone can have written this token.\n`;
}
