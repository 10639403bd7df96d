/** Families of refresh tokens, judged by what they answer: invariants 8 to 11. The rule is written here a second time. */

import type { SessionRow } from '#sessions/index';
import type { Refreshed, RefreshStep, Refused } from '#store';
import type { Violation } from './invariants.ts';
import type { StepSeen } from './oracle.ts';
import type { World } from './world.ts';

interface Family {
  /** What the presented generations that led to a successor were answered with, and when. */
  readonly answers: Map<number, { readonly generation: number; readonly at: number }>;
  lastRotation: number;
}

export interface RotationJudge {
  judge(seen: StepSeen): Violation[];
}

export function createRotationJudge(world: World): RotationJudge {
  const families = new Map<string, Family>();
  return {
    judge({ step, reply, before, server }) {
      const { session: id, generation: presented } = step as RefreshStep;
      const row = before.session;
      if (row === undefined) return [];
      const found: Violation[] = [];
      const say = (invariant: number, text: string): void =>
        void found.push({ invariant, text: `session ${id.slice(0, 4)}, generation ${presented}: ${text}` });
      const now = server.machine.clock.wall();
      const family = families.get(id) ?? { answers: new Map(), lastRotation: Number.NEGATIVE_INFINITY };
      families.set(id, family);
      if ('refused' in reply) judgeKill(row, presented, now, reply as Refused, say);
      else judgeAnswer(world, family, row, presented, now, reply as Refreshed, say);
      return found;
    },
  };
}

type Say = (invariant: number, text: string) => void;

function judgeKill(row: SessionRow, presented: number, now: number, reply: Refused, say: Say): void {
  if (reply.refused !== 'reused') return;
  if (!isReuse(row, presented, now))
    say(10, `the family ends, though this is no reuse (p ${row.p}, c ${row.c})`);
  if (!reply.wrote?.some(entry => entry.scope === `s:${row.id}` && entry.s === Number.MAX_SAFE_INTEGER))
    say(9, 'two hold it, and the family lives on');
}

/** Below the one before, or one that was never answered with, once the grace is over. */
function isReuse(row: SessionRow, presented: number, now: number): boolean {
  const grace = row.policy === 'strict' ? 0 : row.graceMs;
  if (presented >= row.c) return false;
  if (presented < row.p) return true;
  if (grace > 0 && now - row.at <= grace) return false;
  return !(row.policy === 'recover' && presented === row.p);
}

function judgeAnswer(
  world: World,
  family: Family,
  row: SessionRow,
  presented: number,
  now: number,
  { session, verdict }: Refreshed,
  say: Say,
): void {
  world.cover(`verdict ${verdict}`);
  const grace = row.policy === 'strict' ? 0 : row.graceMs;
  if (isReuse(row, presented, now)) say(9, `it is answered, though two hold it (p ${row.p}, c ${row.c})`);
  const first = family.answers.get(presented);
  const isTwin = first !== undefined && grace > 0 && now - first.at <= grace;
  if (
    isTwin &&
    verdict !== 'amnesia' &&
    presented <= row.c &&
    session.c !== first.generation &&
    first.generation >= row.c
  )
    say(8, `answered with ${session.c}, and within the grace before with ${first.generation}`);
  const hasRotated = session.c !== row.c;
  if (hasRotated && verdict !== 'recovered' && verdict !== 'amnesia') {
    if (grace > 0 && now - family.lastRotation <= 2 * grace && row.at === family.lastRotation)
      say(8, `a second rotation ${now - family.lastRotation} ms after the last`);
  }
  if (hasRotated && presented < row.c && now - row.at <= grace && grace > 0)
    say(8, 'a twin within the grace got a successor of its own');
  if (!hasRotated && session.at !== row.at) say(8, 'the window was extended without a rotation');
  if (!hasRotated && presented < row.c && now - row.at > grace)
    say(10, 'a late answer repeats the successor that may have been seen');
  if (hasRotated) family.lastRotation = session.at;
  if (hasRotated) family.answers.set(presented, { generation: session.c, at: now });
  if (now >= Math.min(row.expires, row.used + row.idleMs)) say(11, 'it was over, and is answered');
  if (session.expires !== row.expires) say(11, 'its absolute end was moved');
}
