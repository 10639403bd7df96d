/** `revocable verify`: is the token valid, by these keys, now? */
import {
  ConfigError,
  createKeySet,
  createVerifier,
  type Duration,
  remoteKeySet,
  type Verified,
  type VerifierOptions,
} from '../index.ts';
import type { Flags, Invocation } from './command.ts';
import { parts } from './decode.ts';
import { durationOf } from './duration.ts';
import { reportFailure } from './failure.ts';
import { algOf, givenKeys } from './key-option.ts';
import { palette, printable, table, writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';
import { readToken } from './token.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, name } = invocation;
  const isJson = flags.isOn('json');
  const token = await readToken(invocation);
  const source = await openKeys(invocation);
  try {
    const result = await createVerifier({ keys: source.keys, ...verifierOptions(flags) }).verify(token);
    if (isJson)
      writeJson(terminal, { ok: true, header: result.header, claims: result.claims, key: result.key });
    else terminal.out(verdict(result, flags, terminal));
    return 0;
  } catch (error) {
    return reportFailure(error, { terminal, isJson, name, token });
  } finally {
    source.close();
  }
}

interface Source {
  readonly keys: VerifierOptions['keys'];
  close(): void;
}

async function openKeys(invocation: Invocation): Promise<Source> {
  const { flags } = invocation;
  const url = flags.text('jwks');
  const isLocal = flags.text('key') !== undefined || flags.text('secret') !== undefined;
  if (url !== undefined && isLocal) throw new ConfigError('Give --jwks, --key or --secret: one of them.');
  if (url !== undefined) return openUrl(url, flags);
  if (flags.text('timeout') !== undefined) throw new ConfigError('--timeout is for --jwks.');
  const given = await givenKeys(invocation);
  if (given === undefined)
    throw new ConfigError(
      'What shall it be verified with? Give --key @public.pem, --jwks URL, --secret @file or REVOCABLE_SECRET.',
    );
  return { keys: createKeySet(given.keys), close: () => {} };
}

function openUrl(url: string, flags: Flags): Source {
  for (const name of ['secret-encoding', 'kid', 'passphrase', 'allow-weak'])
    if (flags.isOn(name)) throw new ConfigError(`--${name} is not for --jwks.`);
  if (!url.startsWith('http://') && !url.startsWith('https://'))
    throw new ConfigError('--jwks is a URL; a JWK Set in a file is given as --key @jwks.json.');
  const alg = algOf(flags);
  const timeout = durationOf(flags, 'timeout');
  const keys = remoteKeySet(url, {
    ...(alg === undefined ? {} : { alg }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  return { keys, close: () => keys.close() };
}

function verifierOptions(flags: Flags): Omit<VerifierOptions, 'keys'> {
  const at = momentOf(flags);
  return {
    issuer: flags.texts('issuer') ?? null,
    audience: flags.texts('audience') ?? null,
    ...lists(flags),
    ...durations(flags),
    ...(flags.isOn('no-require-expiry') ? { requireExpiry: false } : {}),
    ...(flags.text('max-token-length') === undefined
      ? {}
      : { maxTokenLength: Number(flags.text('max-token-length')) }),
    ...(at === undefined ? {} : { clock: () => at }),
  };
}

function lists(
  flags: Flags,
): Partial<Pick<VerifierOptions, 'subject' | 'typ' | 'algorithms' | 'requiredClaims'>> {
  const subject = flags.texts('subject');
  const typ = flags.texts('typ');
  const algorithms = flags.texts('algorithms');
  const requiredClaims = flags.texts('required-claims');
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(typ === undefined ? {} : { typ }),
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(requiredClaims === undefined ? {} : { requiredClaims }),
  };
}

function durations(flags: Flags): { clockTolerance?: Duration; maxAge?: Duration } {
  const clockTolerance = durationOf(flags, 'clock-tolerance');
  const maxAge = durationOf(flags, 'max-age');
  return {
    ...(clockTolerance === undefined ? {} : { clockTolerance }),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

/** Milliseconds of `--at`. */
function momentOf(flags: Flags): number | undefined {
  const text = flags.text('at');
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new ConfigError('--at is a date such as 2026-11-24T03:17:44Z.');
  return ms;
}

function verdict(result: Verified, flags: Flags, terminal: Terminal): string {
  const colour = palette(terminal);
  const { alg, kid } = result.key;
  const key = `signed with ${alg}${kid === undefined ? '' : `, key ${printable(kid)}`}`;
  const unchecked = uncheckedOf(result, flags);
  const note = unchecked.length === 0 ? '' : `\n${table('Not checked', unchecked, colour)}`;
  return `${colour.green('valid')}  ${key}\n\n${parts(result, terminal)}${note}`;
}

function uncheckedOf({ claims }: Verified, flags: Flags): [string, string][] {
  const rows: [string, string][] = [];
  if (!flags.isOn('issuer'))
    rows.push(['issuer', `${claims.iss === undefined ? 'it has none' : 'any is taken'}: give --issuer`]);
  if (!flags.isOn('audience'))
    rows.push(['audience', `${claims.aud === undefined ? 'it has none' : 'any is taken'}: give --audience`]);
  if (claims.exp === undefined) rows.push(['expiry', 'it never expires']);
  return rows;
}
