/** The functions that a case measures, one of each library that offers it, with their inputs and their tamper checks. */
import { adapters } from './adapters/index.js';
import { operations } from './operations.js';
import { allClaims, makeToken, ownClaims } from './token.js';

const DISTINCT = 100;

/** One after the other: a check that waits for others would meet another second than its token was made in. */
export async function subjectsOf(one, keys) {
  const raw = rawInputs(operations[one.operation].input, keys, one.payload);
  const subjects = [];
  for (const adapter of adapters.filter(other => other[one.operation] !== undefined)) {
    const subject = await subjectOf(adapter, one, keys, raw);
    if (subject !== undefined) subjects.push(subject);
  }
  return subjects;
}

/**
 * Those that passed, and the others with the reason, when the checks that take time are over.
 * @returns {Promise<{ subjects: object[], dropped: { name: string, why: string }[] }>}
 */
export async function judged(subjects) {
  for (const subject of subjects) {
    const fault = await subject.later;
    if (fault !== undefined) subject.faults.push(fault);
  }
  const dropped = subjects.filter(({ faults }) => faults.length > 0);
  return {
    subjects: subjects.filter(({ faults }) => faults.length === 0),
    dropped: dropped.map(({ name, faults }) => ({ name, why: faults.join('; ') })),
  };
}

async function subjectOf(adapter, { operation, payload }, keys, raw) {
  const { name } = adapter;
  try {
    const made = await adapter[operation](keys);
    if (made === undefined) return undefined;
    if (made.inputOf !== undefined) return floorSubject(name, made, raw);
    const checked = await operations[operation].check(made, keys, payload);
    return { name, run: made, ...inputsOf(operation, raw), ...checked };
  } catch (error) {
    return { name, faults: [`cannot: ${error.message}`] };
  }
}

/** It judges no claims; that it does not fail on good ones is all there is to check. */
function floorSubject(name, { run, inputOf }, raw) {
  const prepared = raw.map(inputOf);
  const faults = prepared.some(input => run(input) === false) ? ['refuses a good token'] : [];
  return { name, run, inputOf: number => prepared[number % DISTINCT], checks: 0, faults };
}

/** Where a token may be remembered, each comes as a new string, as from a request: one seen before would carry its hash. */
function inputsOf(operation, raw) {
  if (operation !== 'verifyRepeated') return { inputOf: number => raw[number % DISTINCT] };
  const octets = raw.map(token => Buffer.from(token, 'latin1'));
  return { inputOf: number => octets[number % DISTINCT].latin1Slice(), isFresh: true };
}

function rawInputs(kind, keys, payload) {
  return Array.from({ length: DISTINCT }, (_, number) =>
    kind === 'claims' ? ownClaims(payload, number) : makeToken(keys, allClaims(payload, number)),
  );
}
