/** Interleaved rounds, A B A B: what the machine does meanwhile meets all subjects alike. */
const IN_FLIGHT = 16;
/** Calls between two looks at the clock, where inputs are made off it. */
const LOT = 256;

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
  let count = IN_FLIGHT;
  do {
    const each = await sample(subject, clock, count);
    count = Math.max(IN_FLIGHT, Math.round((Math.min(sampleMs, warmUpMs / 4) * 1000) / each));
  } while (performance.now() < end);
  return count;
}

/**
 * Samples are long enough for the collector to come by, and it is not called between them: what a library leaves behind
 * is part of its price.
 */
async function sample({ run, inputOf, isFresh }, clock, count) {
  const now = clocks[clock];
  if (isFresh) return lotsOf(run, inputOf, now, Math.ceil(count / LOT));
  const start = now();
  if (clock === 'cpu') runAll(run, inputOf, count);
  else await runInFlight(run, inputOf, count);
  return (now() - start) / count;
}

/** Making a new string is the price of whoever reads the request, not of the library. */
function lotsOf(run, inputOf, now, lots) {
  let time = 0;
  for (let lot = 0; lot < lots; lot++) {
    const items = Array.from({ length: LOT }, (_, number) => inputOf(lot * LOT + number));
    const start = now();
    for (let i = 0; i < LOT; i++) run(items[i]);
    time += now() - start;
  }
  return time / (lots * LOT);
}

function runAll(run, inputOf, count) {
  for (let number = 0; number < count; number++) run(inputOf(number));
}

async function runInFlight(run, inputOf, count) {
  for (let number = 0; number < count; number += IN_FLIGHT) {
    const calls = [];
    for (let i = number; i < number + IN_FLIGHT; i++) calls.push(run(inputOf(i)));
    await Promise.all(calls);
  }
}
