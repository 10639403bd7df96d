/** Authorization codes: one use, 60 s. The store holds hashes of them alone, so a copy of it redeems nothing. */
import { createHash, randomBytes } from 'node:crypto';
import type { Records, Store } from 'revocable';

/** What a code stands for. */
export interface CodeGrant {
  readonly client: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly scope: string;
  readonly jkt?: string;
  readonly subject: string;
  /** The login session: what is opened is its child. */
  readonly parent: string;
  /** Of the browser that was there, for the list of devices. */
  readonly device: string;
  readonly address: string;
  /** Milliseconds. */
  readonly until: number;
}

export interface Codes {
  give(grant: Omit<CodeGrant, 'until'>): Promise<string>;
  /** What it stands for, also for a while after its use: whoever looks has proved nothing yet. */
  find(code: string): Promise<CodeGrant | undefined>;
  /**
   * Uses it, once. Where `open` throws, nobody has got anything, and the code is as it was.
   * @param open opens the session
   * @returns what `open` did, or of a second use the session that the first has opened, which the caller ends
   */
  redeem<T extends Opened>(code: string, grant: CodeGrant, open: () => Promise<T>): Promise<Redeemed<T>>;
}

interface Opened {
  readonly sessionId: string;
}

export type Redeemed<T> =
  | { readonly isFirst: true; readonly opened: T }
  | { readonly isFirst: false; readonly session: string | undefined };

const LIFE_MS = 60_000;
/** How long a second use is told from a code that nobody gave: RFC 6749 section 4.1.2 has this as the longest life of one. */
const REMEMBERED_MS = 600_000;

export function createCodes(store: Store): Codes {
  const records = store.records('codes');
  return {
    async give(grant) {
      const code = randomBytes(32).toString('base64url');
      const until = Date.now() + LIFE_MS;
      await records.put(`code:${keyOf(code)}`, { ...grant, until }, { until });
      return code;
    },
    async find(code) {
      const key = keyOf(code);
      const found = (await records.get(`code:${key}`)) ?? (await records.get(`used:${key}`));
      return found as CodeGrant | undefined;
    },
    redeem: (code, grant, open) => redeem(records, keyOf(code), grant, open),
  };
}

const keyOf = (code: string): string => createHash('sha256').update(code).digest('base64url');

/**
 * Two uses at once: the first writes its session, then looks whether there was another; the other says that it was there,
 * then looks for the session. Whichever way they fall, one of the two sees both.
 */
async function redeem<T extends Opened>(
  records: Records,
  key: string,
  grant: CodeGrant,
  open: () => Promise<T>,
): Promise<Redeemed<T>> {
  const kept = { until: Date.now() + REMEMBERED_MS };
  await records.put(`used:${key}`, grant, kept);
  if ((await records.take(`code:${key}`)) === undefined) {
    await records.put(`again:${key}`, 1, kept);
    return { isFirst: false, session: (await records.get(`session:${key}`)) as string | undefined };
  }
  try {
    const opened = await open();
    await records.put(`session:${key}`, opened.sessionId, kept);
    const wasAgain = (await records.get(`again:${key}`)) !== undefined;
    return wasAgain ? { isFirst: false, session: opened.sessionId } : { isFirst: true, opened };
  } catch (error) {
    await giveBack(records, key, grant);
    throw error;
  }
}

/** Of a store that is down nobody can ask this; its person begins again, and is still signed in. */
async function giveBack(records: Records, key: string, grant: CodeGrant): Promise<void> {
  await records.put(`code:${key}`, grant, { until: grant.until }).catch(() => undefined);
}
