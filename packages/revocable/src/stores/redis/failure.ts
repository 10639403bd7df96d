/** What went wrong in Redis or on the way to it, in one sentence. No error of a client library is passed on: some hold arguments. */
import { RevocableError, StoreError } from '../../errors.ts';

/** The first word of an error reply, such as NOSCRIPT; undefined for an error of the connection. */
export function replyCode(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : '';
  const found = /^(?:ReplyError: )?([A-Z][A-Z0-9]+)(?: |$)/.exec(message);
  return found?.[1];
}

/** Whether another connection may do better: it is broken, or leads to a server that has stepped down. */
export function endsConnection(error: unknown): boolean {
  const code = replyCode(error);
  return code === undefined || ['READONLY', 'LOADING', 'MASTERDOWN', 'UNBLOCKED'].includes(code);
}

const SENTENCES: Readonly<Record<string, string>> = {
  READONLY: 'this server is a replica now; the primary is elsewhere',
  LOADING: 'it is still loading its data',
  MASTERDOWN: 'its primary is down',
  OOM: 'its memory is full; raise maxmemory, with the policy noeviction',
  NOREPLICAS: 'too few replicas are connected to it (min-replicas-to-write)',
  MISCONF: 'it cannot save to its disk',
  BUSY: 'a script holds it up',
  NOPERM: 'this user may not do that; see the ACL of Redis',
  NOAUTH: 'it asks for a user and password',
  WRONGPASS: 'it refused the user or the password',
  CLUSTERDOWN: 'its cluster is down',
  MOVED: 'it is a Redis Cluster; reach it as one, by redis+cluster://host:7000,host:7001',
};

/** Our error for one of the client's; what is ours already stays as it is. */
export function redisFailure(error: unknown): RevocableError {
  if (error instanceof RevocableError) return error;
  const code = isForbiddenInScript(error) ? 'NOPERM' : replyCode(error);
  if (code === undefined) return unreachable(error);
  if (code === 'WRONGTYPE' || code === 'CORRUPT')
    return new StoreError(
      'ERR_STORE_CORRUPT',
      'Keys that begin with "revocable:" are damaged or belong to another program. Nothing was dropped; restore a backup.',
    );
  const said = SENTENCES[code] ?? `it answered ${code}`;
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `Redis did not take the step: ${said}. It is safe to repeat.`,
  );
}

/** What a user may not do, a script of it may not either; Redis 7 says so by a sentence alone. */
function isForbiddenInScript(error: unknown): boolean {
  return error instanceof Error && error.message.includes('The user executing the script');
}

/** Of a connection, a library says where it leads and what broke: a host, a certificate. */
function unreachable(error: unknown): StoreError {
  const why = error instanceof Error ? ` (${error.message.slice(0, 200)})` : '';
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `Redis cannot be reached, or the connection broke${why}. The step is not known to be kept; it is safe to repeat.`,
  );
}
