/** What is asked of a token service's feed by POST: probes, and what is given back. */
import { type CutEntry, type EntryLine, encodeEntry } from '../revocation/index.ts';
import { headersFrom, type RemoteFeedOptions, unavailable, within } from './remote-connection.ts';

const ANSWER_WITHIN_MS = 5000;

/** A service takes bodies of 64 KiB at most. */
const LARGEST_PIECE = 48 * 1024;

export async function giveBack(options: RemoteFeedOptions, entries: readonly CutEntry[]): Promise<void> {
  let [cuts, size]: [EntryLine[], number] = [[], 0];
  for (const entry of entries) {
    const line = encodeEntry(entry);
    const length = new TextEncoder().encode(JSON.stringify(line)).length;
    if (size + length > LARGEST_PIECE && cuts.length > 0) {
      await post(options, { cuts });
      [cuts, size] = [[], 0];
    }
    cuts.push(line);
    size += length;
  }
  await post(options, { cuts });
}

/** @throws {StoreError} ERR_STORE_UNAVAILABLE */
export function post(options: RemoteFeedOptions, body: object): Promise<Record<string, unknown>> {
  const abort = new AbortController();
  return within(options.timers, ANSWER_WITHIN_MS, abort, async () => {
    const headers = { ...(await headersFrom(options.headers)), 'content-type': 'application/json' };
    const init = {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      redirect: 'error',
      signal: abort.signal,
    } as const;
    const response = await options.fetch(options.url, init);
    if (!response.ok) throw unavailable(`The feed answered a question with ${response.status}.`);
    return (await response.json()) as Record<string, unknown>;
  });
}
