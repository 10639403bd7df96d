/** The tabs of one browser: what one learns all hear, and only one of them refreshes. */
import type { AccessToken } from './access-token.ts';
import type { Page } from './page.ts';

/** What a tab tells the others. Only pages of the same origin can hear it. */
export type TabMessage =
  | { readonly type: 'token'; readonly token: AccessToken }
  | { readonly type: 'logout'; readonly at: number };

export interface Tabs {
  tell(message: TabMessage): void;
  /**
   * Runs `work` while no other tab does. `late` says that another tab came first, so that its news may be on the way.
   * Bounded: a tab that sleeps with the lock in its hand stops nobody for longer than `LOCK_MS`.
   */
  inTurn<T>(work: (late: boolean) => Promise<T>): Promise<T>;
  close(): void;
}

/** As long as a refresh may take, and a little. */
const LOCK_MS = 12_000;

/** @param name tells the sessions of several services apart */
export function openTabs(page: Page, name: string, onMessage: (message: TabMessage) => void): Tabs {
  const channel = page.openChannel?.(name);
  if (channel)
    channel.onmessage = ({ data }) => {
      if (isTabMessage(data)) onMessage(data);
    };
  return {
    tell: message => channel?.postMessage(message),
    inTurn: work => inTurn(page, name, work),
    close() {
      if (channel) channel.onmessage = null;
      channel?.close();
    },
  };
}

async function inTurn<T>(page: Page, name: string, work: (late: boolean) => Promise<T>): Promise<T> {
  if (page.locks === undefined) return work(false);
  let mine: Promise<T> | undefined;
  try {
    await page.locks.request(name, { ifAvailable: true }, lock => {
      if (lock === null) return undefined;
      mine = work(false);
      return mine;
    });
  } catch {
    // Either the work has failed, or a sandboxed page may not lock: it goes on alone then.
    return mine ?? work(false);
  }
  return mine ?? afterOthers(page, name, work);
}

/** The signal ends the waiting only; once the lock is there, it has no effect. */
async function afterOthers<T>(page: Page, name: string, work: (late: boolean) => Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const stop = page.set(() => waiting.abort(), LOCK_MS);
  let mine: Promise<T> | undefined;
  try {
    await page.locks?.request(name, { signal: waiting.signal }, () => {
      stop();
      mine = work(true);
      return mine;
    });
  } catch {
    // The work has failed, or it was waited for long enough: a second refresh does no harm, to hang would.
  } finally {
    stop();
  }
  return mine ?? work(true);
}

function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== 'object' || data === null) return false;
  const { type, token, at } = data as { type?: unknown; token?: unknown; at?: unknown };
  return type === 'logout' ? typeof at === 'number' : type === 'token' && isAccessToken(token);
}

function isAccessToken(token: unknown): token is AccessToken {
  if (typeof token !== 'object' || token === null) return false;
  const { value, at, expiresAt, usableUntil } = token as Record<string, unknown>;
  return typeof value === 'string' && [at, expiresAt, usableUntil].every(time => typeof time === 'number');
}
