/** What a Redis URL says: one server, the Sentinels of a set, or some servers of a Cluster. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../../errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** File contents, for `tls.connect`. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly hosts: readonly Address[];
  /** Of the Redis servers. */
  readonly credentials: Credentials;
  /** Of the Sentinels, where they ask for any. */
  readonly sentinelCredentials: Credentials;
  /** What the Sentinels call their set. */
  readonly name: string;
  readonly database: number;
  /** Undefined without TLS. */
  readonly tls: TlsFiles | undefined;
}

const FORM =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?(?:\?([^#\s]*))?$/;
const HOST = /^(\[[0-9a-fA-F:.%]+\]|[^:[\],]+)(?::(\d{1,5}))?$/;
const PARAMETERS = ['ca', 'cert', 'key', 'sentinel_username', 'sentinel_password'];

const FORMS: Readonly<Record<RedisAddress['kind'], string>> = {
  server: 'redis://user:password@host:6379/0',
  sentinel: 'redis+sentinel://user:password@host:26379,host:26379/NAME',
  cluster: 'redis+cluster://user:password@host:7000,host:7001',
};

export const isRedisUrl = (text: string): boolean => /^rediss?(\+(sentinel|cluster))?:/.test(text);

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID for a URL of another form, an unknown parameter, a file that cannot be read; it says
 *   nothing of user and password
 */
export function redisAddress(url: string): RedisAddress {
  const kind = kindOf(url);
  const found = FORM.exec(url);
  if (found === null) throw malformed(kind);
  const [, scheme, , user = '', hosts = '', path = '', query = ''] = found;
  const parameters = parametersIn(query, scheme === 'rediss');
  return {
    kind,
    hosts: hosts.split(',').map(text => hostIn(text, kind)),
    credentials: credentialsIn(user, kind),
    sentinelCredentials: credentialsOf(
      parameters.get('sentinel_username') ?? '',
      parameters.get('sentinel_password') ?? '',
    ),
    ...placeIn(path, kind),
    tls: scheme === 'rediss' ? filesIn(parameters) : undefined,
  };
}

/** What the URL says of where, without user, password and parameters. */
export function placeOfUrl(url: string): string {
  const found = FORM.exec(url);
  if (found === null) throw malformed(kindOf(url));
  const [, scheme, kind, , hosts, path] = found;
  return `${scheme}${kind === undefined ? '' : `+${kind}`}://${hosts}${path ? `/${path}` : ''}`;
}

function kindOf(url: string): RedisAddress['kind'] {
  const kind = /^rediss?\+(sentinel|cluster):/.exec(url)?.[1];
  return kind === 'sentinel' || kind === 'cluster' ? kind : 'server';
}

const malformed = (kind: RedisAddress['kind'], why = ''): ConfigError =>
  new ConfigError(`This is no Redis URL${why}. One looks like ${FORMS[kind]}.`);

function hostIn(text: string, kind: RedisAddress['kind']): Address {
  const [, host, port] = HOST.exec(text) ?? [];
  const number = Number(port ?? (kind === 'sentinel' ? 26_379 : 6379));
  if (host === undefined || number < 1 || number > 65_535)
    throw malformed(kind, ': it names a host in another form than host:port');
  return { host: host.replace(/^\[|\]$/g, ''), port: number };
}

function credentialsIn(text: string, kind: RedisAddress['kind']): Credentials {
  const colon = text.indexOf(':');
  const [user, password] = colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return credentialsOf(decoded(user, kind), decoded(password, kind));
}

const credentialsOf = (username: string, password: string): Credentials => ({
  ...(username === '' ? {} : { username }),
  ...(password === '' ? {} : { password }),
});

function decoded(text: string, kind: RedisAddress['kind']): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(kind, ': user or password has a % that begins no escape; write it as %25');
  }
}

/** Of one server the number of the database; of a set its name, and perhaps a number behind it. A Cluster has neither. */
function placeIn(path: string, kind: RedisAddress['kind']): { name: string; database: number } {
  const [name, number] =
    kind === 'sentinel' ? (/^([^/]*)(?:\/(.*))?$/.exec(path)?.slice(1) ?? []) : ['', path];
  const database = Number(number === undefined || number === '' ? '0' : number);
  if (!Number.isSafeInteger(database) || database < 0 || database > 65_535) throw malformed(kind);
  if (kind === 'sentinel' && !name) throw malformed(kind, ': the name of the set is missing');
  if (kind === 'cluster' && database !== 0) throw malformed(kind, ': a Cluster has one database alone, 0');
  return { name: decoded(name ?? '', kind), database };
}

function parametersIn(query: string, isSecure: boolean): ReadonlyMap<string, string> {
  const parameters = new Map(new URLSearchParams(query));
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name))
      throw new ConfigError(
        `A Redis URL has no parameter "${name.slice(0, 40)}". Known: ${PARAMETERS.join(', ')}.`,
      );
    if (!isSecure && !name.startsWith('sentinel_'))
      throw new ConfigError(`"${name}" in a Redis URL is for TLS: begin it with rediss.`);
  }
  return parameters;
}

function filesIn(parameters: ReadonlyMap<string, string>): TlsFiles {
  const files: Record<string, string> = {};
  for (const name of ['ca', 'cert', 'key']) {
    const file = parameters.get(name);
    if (file !== undefined) files[name] = contentOf(name, file);
  }
  return files;
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(`"${name}" in the Redis URL names ${JSON.stringify(file)}, which cannot be read.`);
  }
}
