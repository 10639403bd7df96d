/** The one access token of all tabs, and how it is made new: one refresh at a time, which a logout stops. */

import type { Action } from '../http/wire.ts';
import { type AccessToken, accessTokenOf } from './access-token.ts';
import { refreshActionOf, signedOut } from './answer.ts';
import type { Grant } from './grant.ts';
import { misuse } from './mistake.ts';
import type { Page } from './page.ts';
import { openTabs, type Tabs } from './tabs.ts';

/** A refresh that gave no token. `response` is for several readers: clone it. */
export interface RefreshRefusal {
  readonly action: Action;
  readonly response: Response;
  /** A logout has stopped it: there is nobody to sign in again. */
  readonly left?: true;
}

export interface Renewal {
  /** The token at hand, if it is still good. */
  usable(): AccessToken | undefined;
  /** A newer one than `refused`, of this tab or another. Rejects like `fetch` when the network does. */
  renew(refused: AccessToken | undefined): Promise<AccessToken | RefreshRefusal>;
  /** Forgets the token and stops a refresh under way, whatever that still brings; with `tell`, in every tab. */
  leave(tell: boolean): void;
  close(): void;
}

/** Longer than any refresh should take, shorter than the lock is waited for. */
const REFRESH_MS = 10_000;
/** How long the news of the tab before may take, once that tab has let the lock go. */
const NEWS_MS = 250;

interface State {
  held: AccessToken | undefined;
  /** Tokens asked for at this time or before are spent. */
  spentAt: number;
  running: Promise<AccessToken | RefreshRefusal> | undefined;
  asking: AbortController | undefined;
  /** Told when another tab's token arrives. */
  hear: (() => void) | undefined;
  /** Counts the logouts, so that a refresh sees one that came while it waited. */
  logouts: number;
}

/** @param onLeft called when another tab was signed out */
export function createRenewal(page: Page, grant: Grant, onLeft: () => void): Renewal {
  const state: State = {
    held: undefined,
    spentAt: 0,
    running: undefined,
    asking: undefined,
    hear: undefined,
    logouts: 0,
  };
  const tabs = openTabs(page, `revocable:${grant.name}`, message => {
    if (message.type === 'token') return grant.isShared ? take(state, message.token) : undefined;
    leave(state, message.at);
    onLeft();
  });
  return {
    usable: () => usable(state, page),
    renew(refused) {
      if (refused !== undefined) spend(state, refused.at);
      const current = usable(state, page);
      if (current !== undefined) return Promise.resolve(current);
      const { logouts } = state;
      const work = async (late: boolean): Promise<AccessToken | RefreshRefusal> => {
        if (late && usable(state, page) === undefined) await news(state, page);
        if (state.logouts !== logouts) return left();
        return usable(state, page) ?? ask(state, page, tabs, grant);
      };
      state.running ??= (grant.isShared ? tabs.inTurn(work) : work(false)).finally(() => {
        state.running = undefined;
      });
      return state.running;
    },
    leave(tell) {
      const at = page.now();
      leave(state, at);
      if (tell) tabs.tell({ type: 'logout', at });
    },
    close() {
      leave(state, Number.POSITIVE_INFINITY);
      tabs.close();
    },
  };
}

function usable({ held }: State, page: Page): AccessToken | undefined {
  return held !== undefined && page.now() < held.usableUntil ? held : undefined;
}

function take(state: State, token: AccessToken): void {
  if (token.at <= state.spentAt || token.at < (state.held?.at ?? 0)) return;
  state.held = token;
  state.hear?.();
}

function spend(state: State, at: number): void {
  state.spentAt = Math.max(state.spentAt, at);
  if (state.held !== undefined && state.held.at <= state.spentAt) state.held = undefined;
}

function leave(state: State, at: number): void {
  spend(state, at);
  state.held = undefined;
  state.logouts++;
  state.asking?.abort();
  state.hear?.();
}

function left(): RefreshRefusal {
  return { action: 'login', response: signedOut(), left: true };
}

/** The lock may be handed over sooner than the message that the tab before has sent. */
function news(state: State, page: Page): Promise<void> {
  return new Promise(resolve => {
    const stop = page.set(done, NEWS_MS);
    function done(): void {
      stop();
      state.hear = undefined;
      resolve();
    }
    state.hear = done;
  });
}

async function ask(
  state: State,
  page: Page,
  tabs: Tabs,
  grant: Grant,
): Promise<AccessToken | RefreshRefusal> {
  const asking = new AbortController();
  const { logouts } = state;
  state.asking = asking;
  const stop = page.set(() => asking.abort(tooLate()), REFRESH_MS);
  try {
    const answer = await answerOf(state, page, grant, asking.signal);
    if (state.logouts !== logouts) return left();
    if ('value' in answer) {
      take(state, answer);
      if (grant.isShared) tabs.tell({ type: 'token', token: answer });
    }
    return answer;
  } catch (error) {
    if (state.logouts !== logouts) return left();
    throw error;
  } finally {
    stop();
    state.asking = undefined;
  }
}

async function answerOf(
  state: State,
  page: Page,
  grant: Grant,
  signal: AbortSignal,
): Promise<AccessToken | RefreshRefusal> {
  const now = page.now();
  // Two refreshes may fall into one millisecond, and a clock may be set back.
  const at = Math.max(now, state.spentAt + 1);
  const request = grant.request(signal);
  const response = request instanceof Request ? await page.fetch(request) : request;
  if (!response.ok) {
    const action = await refreshActionOf(response);
    if (action === 'login') grant.heard(undefined);
    return { action, response };
  }
  const body: unknown = await response.json().catch(() => undefined);
  const token = accessTokenOf(body, at, now);
  if (token === undefined)
    throw misuse('The answer to the refresh holds no bearer token: is it the right address?');
  grant.heard(body);
  return token;
}

function tooLate(): Error {
  return Object.assign(new Error('The refresh had no answer within 10 s.'), { name: 'TimeoutError' });
}
