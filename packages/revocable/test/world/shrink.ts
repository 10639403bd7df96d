/** Makes a failing run smaller: acts go, numbers fall, the weather clears, for as long as the same invariant fails. */
import type { Act, Plan, Settings } from './plan.ts';
import { run } from './stage.ts';

export async function shrink(seed: number, plan: Plan, invariant: number): Promise<Plan> {
  const fails = async (candidate: Plan): Promise<boolean> =>
    (await run(seed, candidate)).violation?.invariant === invariant;
  let smallest = await withoutActs(plan, fails);
  smallest = await withSettings(smallest, fails);
  smallest = await withLowerNumbers(smallest, fails);
  return withoutActs(smallest, fails);
}

type Fails = (plan: Plan) => Promise<boolean>;

/** Halves first, then quarters, then each. */
async function withoutActs(plan: Plan, fails: Fails): Promise<Plan> {
  let current = plan;
  for (let size = Math.ceil(plan.acts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < current.acts.length; ) {
      const acts = [...current.acts.slice(0, from), ...current.acts.slice(from + size)];
      const candidate = { ...current, acts };
      if (await fails(candidate)) current = candidate;
      else from += size;
    }
  return current;
}

async function withSettings(plan: Plan, fails: Fails): Promise<Plan> {
  const { settings } = plan;
  const milder: ((from: Settings) => Settings)[] = [
    from => ({ ...from, weather: { ...from.weather, loss: 0 } }),
    from => ({ ...from, weather: { ...from.weather, slow: 0 } }),
    from => ({ ...from, weather: { ...from.weather, latencyMs: 0 } }),
    from => ({ ...from, authorities: 1 }),
    from => ({ ...from, cache: false }),
    ...settings.verifiers.map(() => (from: Settings) => ({
      ...from,
      verifiers: from.verifiers.slice(0, -1),
    })),
  ];
  let current = plan;
  for (const change of milder) {
    const candidate = { ...current, settings: change(current.settings) };
    if (candidate.settings.verifiers.length > 0 && (await fails(candidate))) current = candidate;
  }
  return current;
}

async function withLowerNumbers(plan: Plan, fails: Fails): Promise<Plan> {
  let current = plan;
  for (let place = 0; place < plan.acts.length; place++)
    for (const lower of lowered(current.acts[place] as Act)) {
      const candidate = { ...current, acts: current.acts.with(place, lower(current.acts[place] as Act)) };
      if (await fails(candidate)) current = candidate;
    }
  return current;
}

function lowered(act: Act): ((act: Act) => Act)[] {
  const changes: ((act: Act) => Act)[] = [];
  if (act.gapMs > 0)
    changes.push(
      from => ({ ...from, gapMs: 0 }),
      from => ({ ...from, gapMs: Math.min(from.gapMs, 1) }),
    );
  act.numbers.forEach((number, place) => {
    if (number > 0) changes.push(from => ({ ...from, numbers: from.numbers.with(place, 0) }));
    if (number > 9) changes.push(from => ({ ...from, numbers: from.numbers.with(place, number % 10) }));
  });
  return changes;
}
