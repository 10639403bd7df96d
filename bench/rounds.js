/** Interleaved rounds, A B A B: what the machine does meanwhile meets all subjects alike. */
const IN_FLIGHT = 16;
const MOST_INPUTS = 12_000;
const FEWEST_INPUTS = IN_FLIGHT;

const clocks = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  wall: () => performance.now() * 1000,
};

/**
 * Microseconds of one call, for each subject and round.
 * @param {{ rounds: number, sampleMs: number, warmUpMs: number }} plan
 * @returns {Promise<Map<string, number[]>>} by the subject's name
 */
export async function microsecondsOf(subjects, clock, plan) {
  const counts = new Map();
  for (const subject of subjects) counts.set(subject, await calibrated(subject, clock, plan));
  const times = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < plan.rounds; round++)
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed())
      times.get(subject.name).push(await sample(subject, clock, counts.get(subject)));
  return times;
}

/** Warms a subject up, and finds how many calls fill a sample. */
async function calibrated(subject, clock, { sampleMs, warmUpMs }) {
  const end = performance.now() + warmUpMs;
  let count = FEWEST_INPUTS;
  let each = await sample(subject, clock, count);
  while (performance.now() < end) {
    count = within(Math.round((sampleMs * 1000) / Math.max(each, 0.01)));
    each = await sample(subject, clock, count);
  }
  return count;
}

const within = count => Math.min(MOST_INPUTS, Math.max(FEWEST_INPUTS, count));

async function sample({ run, inputs }, clock, count) {
  const items = inputs(count);
  settleHeap();
  const now = clocks[clock];
  const start = now();
  if (clock === 'cpu') runAll(run, items);
  else await runInFlight(run, items);
  return (now() - start) / count;
}

/** Twice: then the inputs are old, and no collection within the sample has to move them. */
function settleHeap() {
  globalThis.gc({ type: 'minor' });
  globalThis.gc({ type: 'minor' });
}

function runAll(run, items) {
  for (let i = 0; i < items.length; i++) run(items[i]);
}

async function runInFlight(run, items) {
  for (let i = 0; i < items.length; i += IN_FLIGHT)
    await Promise.all(items.slice(i, i + IN_FLIGHT).map(item => run(item)));
}
