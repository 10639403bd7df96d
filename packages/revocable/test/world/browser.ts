/** A browser: one jar for all tabs, which refresh when they like, wait so long, and try again. */
import type { TokenPair } from '#authority/issuer';
import { call } from './calls.ts';
import type { Machine } from './machine.ts';
import type { Stage } from './stage.ts';
import type { AuthorityNode } from './world.ts';

export interface Browser {
  readonly machine: Machine;
  readonly user: { readonly tenant: string; readonly subject: string };
  readonly client: string;
  readonly session: string;
  /** The login session: a child's children hang on it too. */
  readonly root: string;
  /** What is in the jar. */
  refresh: string;
  hasThief: boolean;
  /** A leg took longer than half the grace: nothing is promised. */
  wasSlow: boolean;
  /** Why its session is over, as the authority said. */
  end: string | undefined;
}

export function createBrowser(
  machine: Machine,
  user: Browser['user'],
  client: string,
  pair: TokenPair,
  root: string = pair.sessionId,
): Browser {
  return {
    machine,
    user,
    client,
    session: pair.sessionId,
    root,
    refresh: pair.refreshToken,
    hasThief: false,
    wasSlow: false,
    end: undefined,
  };
}

const WAITS_MS = [10_000, 3000, 1000];

export async function refreshOnce(
  stage: Stage,
  browser: Browser,
  node: AuthorityNode,
  tab: number,
  isLost = false,
): Promise<void> {
  const { world } = stage;
  const presented = browser.refresh;
  const id = stage.newCall();
  stage.sent.set(id, { browser, at: world.queue.now });
  const outcome = await call(
    world,
    browser.machine,
    node,
    'refresh',
    authority =>
      authority.refresh(presented, {
        ...(browser.client && { client: browser.client }),
        claims: stage.claimsFor(browser.user, id),
      }),
    WAITS_MS[tab],
  );
  const word = outcome.kind === 'refused' ? outcome.code : outcome.kind;
  world.note(`refresh by ${browser.machine.name} -> ${word}`);
  world.cover(`refresh ${word}`);
  if (outcome.kind === 'refused') return stage.refusedRefresh(browser, outcome.code);
  if (outcome.kind !== 'ok') return;
  const { accessToken, refreshToken } = outcome.value;
  const step = world.oracle.stamps.findLast(each => each.call === id);
  stage.leg(browser, step?.at ?? 0);
  if (isLost) {
    world.fault('answer lost');
    // Lost to the browser; on its way somebody saw it.
    stage.stolen.push({ browser, refresh: refreshToken });
    return;
  }
  if (refreshToken !== presented) browser.refresh = refreshToken;
  world.oracle.token(accessToken, refreshToken);
}
