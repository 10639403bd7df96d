/** Takes over a store whose server has changed or whose past is lost: heals it with all that is left, then opens it. */
import { type CutEntry, EVERYONE, placeOf } from '../revocation/index.ts';
import type { Refused } from '../store.ts';
import { pause, type Timers } from '../time.ts';
import { prove } from './cut-proof.ts';
import { countersignOld, declareOwner, type HealingContext, healAll, lacking, takeBack } from './healing.ts';

export interface TakeoverContext extends HealingContext {
  readonly timers: Timers;
  /** The cut-offs that this authority holds itself. */
  own(): readonly CutEntry[];
}

/** How long an authority that holds nothing waits for those who do. */
const HEALERS_WITHIN_MS = 8000;
const LOOK_EVERY_MS = 250;
/** So long after the last entry came, no more are waited for. */
const QUIET_MS = 1000;
/** A cut of everyone lies above every stamp that verifiers would take. */
const CUT_AHEAD_MS = 60_000;

/** One at a time; it does nothing to a store that is open. */
export function createTakeover(context: TakeoverContext): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= takeOver(context).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function takeOver(context: TakeoverContext): Promise<void> {
  const { store, settings } = context;
  const begun = await store.begin();
  if (!isClosed(begun)) return;
  // An emptied store has no profile, and healers cannot load what has none.
  await store.declare(settings.profile);
  const everyone = begun.lost === true ? await afterLoss(context) : await afterChange(context);
  const { tookOver } = await store.takeover(context.clock.wall());
  if (!tookOver) return;
  context.emit({ type: 'store.takeover', lost: begun.lost === true });
  await declareOwner(context).catch(() => undefined); // the next look at the store does it
  await countersignOld(context);
  if (everyone !== undefined) await keep(context, everyone);
}

const isClosed = (reply: object): reply is Refused => 'refused' in reply;

/** The data is there, but for what was not yet on the disk or on the replica of Redis that runs now. */
async function afterChange(context: TakeoverContext): Promise<undefined> {
  tellHealed(context, await healAll(context, await lacking(context.store, context.own())));
}

/** Returns the cut of everyone, where there is nothing else to be done. */
async function afterLoss(context: TakeoverContext): Promise<CutEntry | undefined> {
  const { storeLoss } = context.settings;
  context.emit({ type: 'store.lost', policy: storeLoss });
  const own = storeLoss === 'ignore' ? [] : context.own();
  tellHealed(context, await healAll(context, own));
  if (storeLoss === 'ignore') return undefined;
  if (storeLoss === 'rebuild' && (own.length > 0 || (await healersCame(context)))) return undefined;
  return cutEveryone(context);
}

/** Whether anybody gave anything back, or has opened the store meanwhile. */
async function healersCame(context: TakeoverContext): Promise<boolean> {
  const { store, clock, timers } = context;
  const until = clock.monotonic() + HEALERS_WITHIN_MS;
  let newsAt: number | undefined;
  let known = await store.cuts();
  for (;;) {
    if (!isClosed(await store.begin())) return true;
    await judgeOffers(context);
    const cuts = await store.cuts(); // What others judge counts too.
    if (cuts > known) newsAt = clock.monotonic();
    known = cuts;
    const now = clock.monotonic();
    if (newsAt !== undefined && now - newsAt >= QUIET_MS) return true;
    if (now >= until) return newsAt !== undefined;
    await pause(timers, LOOK_EVERY_MS);
  }
}

/** What followers have offered, through the store. Returns what was news. */
export async function judgeOffers(context: HealingContext): Promise<readonly CutEntry[]> {
  const { entries, place } = await context.store.offers();
  if (entries.length === 0) return [];
  const { news, refused } = await takeBack(context, entries);
  await context.store.dropOffers(place);
  tellHealed(context, news, refused);
  return news;
}

export function tellHealed({ emit }: HealingContext, news: readonly CutEntry[], refused: number = 0): void {
  if (news.length > 0 || refused > 0) emit({ type: 'store.healed', cuts: news.length, refused });
}

/** Above every stamp that was given; the takeover puts the floor above it. */
async function cutEveryone(context: TakeoverContext): Promise<CutEntry> {
  const { clock, settings, roots } = context;
  const at = clock.wall();
  const { refreshMs, leewayMs } = settings.lives;
  const s = at + CUT_AHEAD_MS;
  const expires = s + refreshMs + leewayMs;
  const entry = { scope: EVERYONE, number: 0, at, expires, a: 0, r: 0, s, mac: '' };
  const proved = prove(entry, settings.issuer, roots);
  await healAll(context, [proved]);
  context.emit({ type: 'revoked', scopes: [EVERYONE], cutoff: s, reason: 'The store has lost its past.' });
  return proved;
}

async function keep({ store, journal }: TakeoverContext, entry: CutEntry): Promise<void> {
  const { head } = await store.feed.probe(NOBODY);
  await journal?.append(placeOf(head)?.owner ?? '', [entry]);
}

/** A question that registers nobody. */
export const NOBODY = {
  name: undefined,
  applied: undefined,
  maxStalenessMs: 0,
  whenStale: 'reject',
} as const;
