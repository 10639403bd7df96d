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

/** As if a Sentinel's error reply had a word of its own for it. */
export const UNKNOWN_SET = 'NOSUCHSET the Sentinels know no such set';

const REFUSALS: readonly string[] = ['WRONGPASS', 'NOAUTH', 'NOPERM', 'NOSUCHSET'];
/** Errors of ours for those. */
const refused = new WeakSet<object>();

/** A user or password that is refused, a right that is missing, a set that no Sentinel knows: waiting does not help. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && (refused.has(error) || REFUSALS.includes(codeOf(error) ?? ''));
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
  NOSUCHSET: 'its Sentinels know no set of that name',
  CLUSTERDOWN: 'its cluster is down',
  MOVED: 'it is a Redis Cluster; reach it as one, by redis+cluster://host:7000,host:7001',
};

/** Our error for one of the client's; what is ours already stays as it is. */
export function redisFailure(error: unknown): RevocableError {
  if (error instanceof RevocableError) return error;
  const code = codeOf(error);
  if (code === undefined) return unreachable(error);
  if (code === 'WRONGTYPE' || code === 'CORRUPT')
    return new StoreError(
      'ERR_STORE_CORRUPT',
      'Keys that begin with "revocable:" are damaged or belong to another program. Nothing was dropped; restore a backup.',
    );
  const said = SENTENCES[code] ?? `it answered ${code}`;
  const failure = new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `Redis did not take the step: ${said}. It is safe to repeat.`,
  );
  if (REFUSALS.includes(code)) refused.add(failure);
  return failure;
}

/** What a user may not do, a script of it may not either; Redis 7 says so by a sentence alone. */
function codeOf(error: unknown): string | undefined {
  const isForbidden = error instanceof Error && error.message.includes('The user executing the script');
  return isForbidden ? 'NOPERM' : replyCode(error);
}

/** Of a connection, a library says where it leads and what broke: a host, a certificate. */
function unreachable(error: unknown): StoreError {
  const why = error instanceof Error ? ` (${error.message.slice(0, 200)})` : '';
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `Redis cannot be reached, or the connection broke${why}. The step is not known to be kept; it is safe to repeat.`,
  );
}
