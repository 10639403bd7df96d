/** The quiet at the end of a run: every token at every verifier, every honest browser once more. */
import { checkAt } from './acts.ts';
import { type Browser, refreshOnce } from './browser.ts';
import { EPOCH } from './machine.ts';
import { ON_QUIET } from './quiet.ts';
import type { Stage } from './stage.ts';

/** Longer than a cut may be under way: what was too young at the first look is judged at the second. */
const AGAIN_MS = 1500;

export async function checkEverything(stage: Stage, judgeEvents: () => void): Promise<void> {
  const { world } = stage;
  const { oracle, queue } = world;
  const checkAll = (): void => {
    for (const token of oracle.tokens.filter(each => EPOCH + queue.now <= each.expMs + 60_000))
      for (const node of world.verifiers) checkAt(stage, token, node, true);
    judgeEvents();
  };
  checkAll();
  const [authority] = world.authorities;
  if (authority === undefined) return;
  for (const browser of stage.browsers) void refreshOnce(stage, browser, authority, 0);
  await queue.runUntil(queue.now + AGAIN_MS, judgeEvents);
  checkAll();
  for (const [invariant, judge] of ON_QUIET) stage.judge(invariant, judge(stage));
  judgeEvents();
}

/** What a browser may be told: nothing that the oracle does not know of. */
export function judgeRefusal(stage: Stage, browser: Browser, code: string): void {
  const { oracle, queue } = stage.world;
  if (code === 'ERR_STORE_UNAVAILABLE' || code === 'ERR_BEGIN_OUTDATED') return;
  const family = stage.world.cluster.primary.held.tables.sessions.get(browser.session);
  if (code === 'ERR_REFRESH_REUSED') {
    if (!browser.hasThief && !browser.wasSlow && stage.world.settings.policy === 'recover')
      for (const invariant of [30, 10])
        stage.judge(invariant, `${browser.machine.name}, which nobody stole from, was told ${code}`);
    return;
  }
  if (code === 'ERR_SESSION_NOT_FOUND') {
    // To be gone with its store's past is no fault of its own.
    if (!oracle.hasLost(browser.session) && family !== undefined)
      for (const invariant of [30, 15]) stage.judge(invariant, `${browser.machine.name} was told ${code}`);
    return;
  }
  if (code === 'ERR_SESSION_EXPIRED') {
    const end = family === undefined ? 0 : Math.min(family.expires, family.used + family.idleMs);
    if (end > EPOCH + queue.now + 7000) stage.judge(11, `${browser.machine.name} was told ${code} too early`);
    return;
  }
  if (code === 'ERR_TOKEN_REVOKED') {
    const aims = (isWanted: (plane: string) => boolean) =>
      oracle.revokes.some(each =>
        each.cuts.some(({ aim, plane }) => {
          if (!isWanted(plane)) return false;
          if (aim.kind === 'everyone') return true;
          if (aim.kind === 'tenant') return aim.tenant === browser.user.tenant;
          if (aim.kind === 'client') return aim.client === browser.client;
          if (aim.kind === 'user')
            return aim.tenant === browser.user.tenant && aim.subject === browser.user.subject;
          return (
            aim.kind === 'session' && (aim.session === browser.session || aim.session === family?.parent)
          );
        }),
      );
    if (aims(plane => plane !== 'a')) return;
    const invariant = aims(plane => plane === 'a') ? 4 : 3;
    stage.judge(invariant, `${browser.machine.name} was told ${code}, and nothing covers its refresh token`);
    return;
  }
  stage.judge(30, `${browser.machine.name} was told ${code}`);
}
