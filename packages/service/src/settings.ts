/** What can be set: one row a setting, with its form, its default and the words for whoever sets it wrongly. */
import { isIP } from 'node:net';
import { type Alg, ConfigError } from 'revocable';
import { z } from 'zod';
import { CLIENTS, type ClientSettings } from './client-settings.ts';
import { isLoopback, isOrigin } from './origins.ts';

/** All settings, checked. Durations in seconds. */
export interface Settings {
  /** `iss` of every token and the address that people see; no slash at its end. */
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  readonly ops_host: string;
  readonly ops_port: number;
  readonly store: string;
  /** Root secrets; the first makes, all are accepted. Empty: the one beside the store. */
  readonly secret: readonly string[];
  readonly admin_password: string | undefined;
  readonly clients: readonly ClientSettings[];
  readonly audience: readonly string[];
  readonly signing_alg: Alg;
  readonly key_rotation: number;
  readonly access_ttl: number;
  readonly access_typ: 'at+jwt' | 'JWT';
  readonly refresh_ttl: number;
  readonly refresh_idle: number;
  readonly refresh_grace: number;
  readonly dpop_nonce: boolean;
  readonly feed: 'clients' | 'public';
  readonly trusted_proxies: readonly string[];
  readonly rate_limit: boolean;
  readonly password_min: number;
  readonly log_level: string;
  readonly drain: number;
}

export type SettingName = keyof Settings;

/** A value as somebody gave it, and where: `--port`, `REVOCABLE_PORT`, `port in service.json`, `default`. */
export interface Given {
  readonly value: unknown;
  readonly source: string;
}
export type GivenSettings = ReadonlyMap<string, Given>;

interface Row {
  readonly form: z.ZodType;
  /** Follows the setting's name in a sentence. */
  readonly must: string;
  readonly fallback?: unknown;
  readonly isSecret?: true;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const LONGEST = 100 * 366 * 86_400;
const durationText = z
  .string()
  .regex(/^\d{1,10}[smhdw]$/)
  .transform(text => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0));
const span = (least: number): z.ZodType =>
  z.union([z.number(), durationText]).pipe(z.number().min(least).max(LONGEST));
const duration = (fallback: string, least = 1): Row => ({
  form: span(least),
  must: `must be a duration such as "15m" (s m h d w)${least > 0 ? `, ${least} s or more` : ''}`,
  fallback,
});
const whole = (least: number, most: number): z.ZodType =>
  z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(least).max(most));
const port = (fallback: number): Row => ({
  form: whole(0, 65_535),
  must: 'must be a port number, 0 to 65535',
  fallback,
});
const host = (fallback: string): Row => ({
  form: z.string().regex(/^[a-zA-Z0-9.:-]+$/),
  must: 'must be an address or a host name to listen on, such as 127.0.0.1 or 0.0.0.0',
  fallback,
});
const oneOf = (words: readonly [string, ...string[]], fallback: string): Row => ({
  form: z.enum(words),
  must: `must be one of: ${words.join(', ')}`,
  fallback,
});
const commaList = (item: z.ZodType<string>): z.ZodType =>
  z.preprocess(
    value =>
      typeof value === 'string'
        ? value
            .split(',')
            .map(part => part.trim())
            .filter(part => part !== '')
        : value,
    z.array(item),
  );

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const satisfies readonly Alg[];

const ROWS: Readonly<Record<SettingName, Row>> = {
  issuer: {
    form: z.string().refine(isIssuer),
    must: 'must be an https origin such as https://auth.example (http on loopback alone), without a path',
  },
  host: host('127.0.0.1'),
  port: port(4700),
  ops_host: host('127.0.0.1'),
  ops_port: port(4701),
  store: {
    form: z.string().min(1),
    must: 'must be the URL of a store: "memory:", "file:./data" or "redis://host:6379"',
    fallback: 'file:./data',
  },
  secret: {
    form: commaList(z.string().refine(text => Buffer.byteLength(text) >= 32)),
    must: 'must have 32 bytes or more, random; several are separated by commas',
    fallback: [],
    isSecret: true,
  },
  admin_password: {
    form: z.string().min(1).max(1024),
    must: 'must be a password',
    isSecret: true,
  },
  clients: { form: CLIENTS, must: 'must be a JSON array of clients', fallback: [] },
  audience: {
    form: z.preprocess(
      value => (typeof value === 'string' ? [value] : value),
      z.array(z.string().min(1)).min(1),
    ),
    must: 'must be the name of the API that the tokens are for, or a list of names',
    fallback: 'api',
  },
  signing_alg: oneOf(ALGORITHMS, 'RS256'),
  key_rotation: duration('30d', 3600),
  access_ttl: duration('5m'),
  access_typ: oneOf(['at+jwt', 'JWT'], 'at+jwt'),
  refresh_ttl: duration('30d'),
  refresh_idle: duration('7d'),
  refresh_grace: duration('30s', 0),
  dpop_nonce: { ...oneOf(['on', 'off'], 'on'), form: z.enum(['on', 'off']).transform(word => word === 'on') },
  feed: oneOf(['clients', 'public'], 'clients'),
  trusted_proxies: {
    form: commaList(z.string().refine(isNetwork)),
    must: 'must be addresses or networks such as 10.0.0.0/8, separated by commas',
    fallback: [],
  },
  rate_limit: { ...oneOf(['on', 'off'], 'on'), form: z.enum(['on', 'off']).transform(word => word === 'on') },
  password_min: { form: whole(8, 128), must: 'must be a whole number, 8 to 128', fallback: 15 },
  log_level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  drain: duration('5s', 0),
};

export const settingNames: readonly SettingName[] = Object.keys(ROWS) as SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(ROWS, name);

/**
 * Checks what was given and fills in the defaults.
 * @throws {ConfigError} ERR_CONFIG_INVALID in one sentence that names the setting as it was spelled
 */
export function settingsFrom(given: GivenSettings): Settings {
  const checked = new Map<string, unknown>();
  for (const name of settingNames) checked.set(name, check(name, given.get(name)));
  checked.set('issuer', originOf(checked.get('issuer')) ?? `http://localhost:${String(checked.get('port'))}`);
  const settings = Object.fromEntries(checked) as unknown as Settings;
  refuseContradictions(settings, given);
  return settings;
}

function check(name: SettingName, given: Given | undefined): unknown {
  const row = ROWS[name];
  const value = given === undefined ? row.fallback : given.value;
  if (value === undefined) return undefined;
  const result = row.form.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(`${spelling(name, given)} ${row.must}${detail(name, result.error)}.`);
}

/** For the list of clients: which of them, and what of it. Values are not shown, for one of them is a secret. */
function detail(name: SettingName, error: z.ZodError): string {
  const issue = error.issues[0];
  if (name !== 'clients' || issue === undefined || issue.path.length === 0) return '';
  const [index, ...path] = issue.path;
  return `; number ${Number(index) + 1}${path.length > 0 ? `, "${path.join('.')}"` : ''}: ${issue.message}`;
}

function refuseContradictions(settings: Settings, given: GivenSettings): void {
  const { admin_password, password_min } = settings;
  if (admin_password !== undefined && [...admin_password].length < password_min)
    throw new ConfigError(
      `${spelling('admin_password', given.get('admin_password'))} must have ${password_min} characters or more.`,
    );
}

const spelling = (name: SettingName, given: Given | undefined): string =>
  given === undefined || given.source === '' ? `"${name}"` : given.source;

/** The value as an operator may see it. */
export function shown(name: SettingName, value: unknown): string {
  if (value === undefined) return '-';
  if (ROWS[name].isSecret) return Array.isArray(value) && value.length === 0 ? '-' : '***';
  if (name === 'clients') return JSON.stringify(withoutSecrets(value));
  if (name === 'store') return String(value).replace(/\/\/[^@/]*@/, '//***@');
  return Array.isArray(value) ? value.join(',') || '-' : String(value);
}

function withoutSecrets(clients: unknown): unknown {
  const parsed = CLIENTS.safeParse(clients);
  if (!parsed.success) return '***';
  return parsed.data.map(client =>
    client.client_secret === undefined ? client : { ...client, client_secret: '***' },
  );
}

/** What a setting is when nobody gives it. */
export const fallbackOf = (name: SettingName): unknown => ROWS[name].fallback;

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isOrigin(text.replace(/\/$/, '')) && (url.protocol === 'https:' || isLoopback(url.hostname));
}

const originOf = (issuer: unknown): string | undefined =>
  typeof issuer === 'string' ? new URL(issuer).origin : undefined;

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
