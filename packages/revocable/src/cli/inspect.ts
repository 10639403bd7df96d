/** `revocable inspect`: what a token says, in words, and what is risky about it. */
import { type Claims, decode, type Unverified } from '../index.ts';
import type { Invocation } from './command.ts';
import { reportFailure } from './failure.ts';
import { type Finding, findingsOf, lifeOf, type Severity } from './findings.ts';
import { humanDate } from './human-date.ts';
import { claimMeaning, dateVerb, headerMeaning } from './meanings.ts';
import { jsonText, momentOf, oneLine, palette, type Row, table, wrap, writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';
import { readToken } from './token.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, name } = invocation;
  const isJson = flags.isOn('json');
  const token = await readToken(invocation);
  try {
    const unverified = decode(token);
    const now = terminal.now();
    const findings = findingsOf(token, unverified, now);
    if (isJson) writeJson(terminal, report(token, unverified, findings));
    else terminal.out(text(token, unverified, findings, terminal));
    return 0;
  } catch (error) {
    return reportFailure(error, { terminal, isJson, name, token });
  }
}

function report(
  token: string,
  { header, claims, signature }: Unverified,
  findings: readonly Finding[],
): object {
  const dates = Object.entries(claims).flatMap(([name, value]) => {
    const moment = momentOf(name, value);
    return moment === undefined ? [] : [[name, new Date(moment).toISOString()]];
  });
  const signatureBytes = Buffer.from(signature, 'base64url').length;
  return {
    ok: true,
    header,
    claims,
    dates: Object.fromEntries(dates),
    length: token.length,
    signatureBytes,
    findings,
  };
}

function text(
  token: string,
  { header, claims, signature }: Unverified,
  findings: readonly Finding[],
  terminal: Terminal,
): string {
  const colour = palette(terminal);
  const now = terminal.now();
  const about: Row[] = [
    ['length', `${token.length} characters`],
    ['signature', `${Buffer.from(signature, 'base64url').length} bytes, not verified`],
    ['life', lifeText(claims)],
  ];
  return [
    table('Token', about, colour),
    table(
      'Header',
      Object.entries(header).map(([name, value]) => explained(name, value, headerMeaning(name, value))),
      colour,
    ),
    table(
      'Claims',
      Object.entries(claims).map(([name, value]) => explained(name, value, claimRemark(name, value, now))),
      colour,
    ),
    findingsText(findings, terminal),
  ].join('\n');
}

function lifeText(claims: Claims): string {
  if (claims.exp === undefined) return 'for ever';
  return lifeOf(claims) ?? 'its beginning or its end is not clear';
}

function explained(name: string, value: unknown, remark: string | undefined): Row {
  return remark === undefined ? [oneLine(name), jsonText(value)] : [oneLine(name), jsonText(value), remark];
}

function claimRemark(name: string, value: unknown, now: number): string | undefined {
  const moment = momentOf(name, value);
  if (moment === undefined) return claimMeaning(name);
  const verb = dateVerb(name);
  return `${verb === undefined ? '' : `${verb} `}${humanDate(moment, now)}`;
}

function findingsText(findings: readonly Finding[], terminal: Terminal): string {
  const colour = palette(terminal);
  if (findings.length === 0) return `${colour.bold('Findings')}\n  ${colour.green('none')}\n`;
  const paint: Readonly<Record<Severity, (text: string) => string>> = {
    high: colour.red,
    medium: colour.yellow,
    note: colour.dim,
  };
  const lines = findings.map(
    ({ severity, message }) =>
      `  ${paint[severity](severity.padEnd(6))}  ${wrap(message, terminal.columns, 10)}\n`,
  );
  return `${colour.bold('Findings')}\n${lines.join('')}`;
}
