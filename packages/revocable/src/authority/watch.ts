/** An authority's eye on its store: is it open, does anybody give something back, does anybody remember what it does not. */
import { type Context, isRefused } from './context.ts';
import { provedOwner } from './cut-proof.ts';
import { countersignOld, declareOwner, type GivenBack, takeBack } from './healing.ts';
import { judgeOffers, tellHealed } from './takeover.ts';

const LOOK_EVERY_MS = 1000;
/** Followers of an emptied store say within seconds what they remember; afterwards once a minute will do. */
const EARLY_LOOKS = 30;
const LATER_EVERY = 60;

/** Looks once a second, until the returned function is called. */
export function watchStore(context: Context): () => void {
  let stop = (): void => {};
  let isOver = false;
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    await lookAtStore(context, looks <= EARLY_LOOKS || looks % LATER_EVERY === 0).catch(() => undefined); // the next look tries again
    schedule();
  };
  const schedule = (): void => {
    if (!isOver) stop = context.timers.set(() => void look(), LOOK_EVERY_MS);
  };
  schedule();
  return () => {
    isOver = true;
    stop();
  };
}

async function lookAtStore(context: Context, isThorough: boolean): Promise<void> {
  const askedAt = context.clock.wall();
  const begun = await context.store.begin();
  if (isRefused(begun)) return context.takeOver();
  context.alarms.compareClocks(begun, askedAt);
  if ((await judgeOffers(context)).length > 0) await beLost(context);
  if (!isThorough) return;
  await countersignOld(context);
  const { store, settings, roots } = context;
  for (const { before = '' } of await store.replicas()) {
    const owner = provedOwner(before, settings.issuer, roots);
    if (owner !== undefined && owner !== begun.owner) await beLost(context, owner);
  }
  // Whoever took the store over may have ended before it said so.
  const declared = await store.profile();
  if (declared?.ownerProof?.split('.')[0] !== begun.owner) await declareOwner(context);
}

/** A name that no owner has. */
const SOMEBODY = 'somebody';

/** A store that opened itself as if it were new, although there was something before, is closed and healed. */
async function beLost({ store, takeOver }: Context, owner: string = SOMEBODY): Promise<void> {
  const { lost } = await store.remember(owner);
  if (lost) await takeOver();
}

/** Entries given back to this authority. */
export async function giveBack(context: Context, cuts: readonly unknown[]): Promise<GivenBack> {
  const { accepted, refused, news } = await takeBack(context, cuts);
  context.replica.apply(news);
  tellHealed(context, news, refused);
  if (news.length > 0) await beLost(context);
  return { accepted, refused };
}
