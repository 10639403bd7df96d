/** Which sessions there are: by user at once, else user by user through the whole keyspace, a piece at a time. */

import { userScope } from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { SessionFilter, Store } from '../../store.ts';
import { createTally, isLive, isNamedBy, LISTED, newestFirst } from '../session-listing.ts';
import { scopesOfSession } from '../session-scopes.ts';
import { USER_KEYS } from './keys.ts';
import type { Line } from './line.ts';
import type { Primary } from './primary.ts';
import { sessionsFrom } from './rows.ts';
import { childrenOf, findSessions, lookUp, sessionsOfUser } from './sessions.ts';

export function createListing(primary: Primary): Pick<Store, 'sessions' | 'count'> {
  return {
    async sessions(filter, limit = LISTED) {
      let newest: SessionRow[] = [];
      for await (const rows of liveSessions(primary, filter))
        newest = newestFirst([...newest, ...rows], limit);
      return newest;
    },
    async count(filter) {
      const tally = createTally();
      for await (const rows of liveSessions(primary, filter)) tally.add(rows);
      return tally.count;
    },
  };
}

/** User by user. */
async function* liveSessions(primary: Primary, filter: SessionFilter): AsyncGenerator<SessionRow[]> {
  for await (const rows of candidates(primary, filter)) {
    const named = rows.filter(row => isNamedBy(filter, row));
    const { now, entryOf } = await lookUp(primary, [...new Set(named.flatMap(scopesOfSession))]);
    yield named.filter(row => isLive(row, entryOf, now));
  }
}

async function* candidates(primary: Primary, filter: SessionFilter): AsyncGenerator<SessionRow[]> {
  if (filter.kind === 'user') {
    const user = userScope(filter.tenant, filter.subject);
    yield (await sessionsOfUser(primary, user)).map(({ row }) => row);
  } else if (filter.kind === 'session') {
    const ids = [filter.session, ...(await childrenOf(primary, filter.session))];
    yield (await findSessions(primary, ids)).map(({ row }) => row);
  } else yield* everyone(primary);
}

/** SCAN may name a key twice. */
async function* everyone({ line }: Primary): AsyncGenerator<SessionRow[]> {
  const seen = new Set<string>();
  for (const server of await line.primaries()) yield* everyoneAt(server, line, seen);
}

async function* everyoneAt(server: Line, line: Line, seen: Set<string>): AsyncGenerator<SessionRow[]> {
  let place = '0';
  do {
    const words = ['SCAN', place, 'MATCH', USER_KEYS, 'COUNT', '500', 'TYPE', 'hash'];
    const [next, found] = (await server.send([words]))[0] as [string, string[]];
    const keys = found.filter(key => !seen.has(key));
    for (const key of keys) seen.add(key);
    const users = await Promise.all(keys.map(key => line.send([['HGETALL', key]])));
    yield users.flatMap(([fields]) => sessionsFrom(fields as string[]).map(({ row }) => row));
    place = next;
  } while (place !== '0');
}
