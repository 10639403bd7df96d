/** `revocable sign`: claims to a token. */
import {
  type Claims,
  ConfigError,
  createKeySet,
  createSigner,
  decode,
  type SignerOptions,
} from '../index.ts';
import type { Flags, Invocation } from './command.ts';
import { durationOf } from './duration.ts';
import { givenKeys } from './key-option.ts';
import { warn, writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';
import { readObject } from './value.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal } = invocation;
  const key = await signingKey(invocation);
  const claims: Claims = await objectOf(flags, terminal, 'claims');
  const signer = createSigner({ key, ...(await signerOptions(flags, terminal, claims)) });
  const token = signer.sign(claims);
  if (flags.isOn('json')) {
    const { header, claims: signed } = decode(token);
    writeJson(terminal, { token, header, claims: signed });
  } else terminal.out(`${token}\n`);
  return 0;
}

async function signingKey(invocation: Invocation): Promise<SignerOptions['key']> {
  const given = await givenKeys(invocation);
  if (given === undefined)
    throw new ConfigError(
      'What shall it be signed with? Give --key @private.pem, --secret @file or REVOCABLE_SECRET.',
    );
  const [only, ...others] = given.keys;
  if (only?.type === 'public' && others.length === 0)
    throw new ConfigError('This is a public key: it only verifies. To sign give the private one.');
  return others.length === 0 && only !== undefined
    ? (only as SignerOptions['key'])
    : createKeySet(given.keys);
}

async function signerOptions(
  flags: Flags,
  terminal: Terminal,
  claims: Claims,
): Promise<Omit<SignerOptions, 'key'>> {
  const audience = flags.texts('audience');
  const notBefore = durationOf(flags, 'not-before');
  const header = await objectOf(flags, terminal, 'header');
  return {
    expiresIn: lifeOf(flags, claims),
    ...single(flags, 'issuer'),
    ...single(flags, 'subject'),
    ...single(flags, 'typ'),
    ...(audience === undefined
      ? {}
      : { audience: audience.length === 1 ? (audience[0] as string) : audience }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(flags.isOn('jwt-id') ? { jwtId: true } : {}),
    header,
    warn: risk => warn(terminal, risk.message),
  };
}

/** That a token never expires has to be said. */
function lifeOf(flags: Flags, claims: Claims): SignerOptions['expiresIn'] {
  const text = flags.text('expires-in');
  if (text === 'never' || text === 'null') return null;
  if (text !== undefined) return durationOf(flags, 'expires-in') as SignerOptions['expiresIn'];
  if (claims.exp !== undefined) return null;
  throw new ConfigError(
    'How long shall it live? --expires-in 15m, an "exp" in the claims, or --expires-in never.',
  );
}

function single(
  flags: Flags,
  name: 'issuer' | 'subject' | 'typ',
): Partial<Pick<SignerOptions, 'issuer' | 'subject' | 'typ'>> {
  const values = flags.texts(name);
  if (values === undefined) return {};
  if (values.length > 1) throw new ConfigError(`A token has one ${name}: --${name} is given twice.`);
  return { [name]: values[0] };
}

async function objectOf(
  flags: Flags,
  terminal: Terminal,
  name: 'claims' | 'header',
): Promise<Record<string, unknown>> {
  const text = flags.text(name);
  return text === undefined
    ? {}
    : readObject(terminal, text, name === 'claims' ? 'the value of --claims' : 'the value of --header');
}
