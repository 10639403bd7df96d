#!/usr/bin/env node
/** One process of measuring. Takes the plan as its one word, and sends what it found to the process that started it. */
import { algorithms, makeKeys } from './keys.js';
import { caseName, casesLike, operations } from './operations.js';
import { microsecondsOf } from './rounds.js';
import { measurePool } from './rsa-pool.js';
import { judged, subjectsOf } from './subjects.js';

const plan = JSON.parse(process.argv[2]);
const keys = new Map(algorithms.map(alg => [alg, makeKeys(alg)]));

/** The checks wait for tokens to expire, so all cases are made before the first is measured. */
const cases = [];
for (const one of casesLike(plan.only)) cases.push({ one, made: await subjectsOf(one, keys.get(one.alg)) });

const found = [];
for (const { one, made } of cases) {
  const { subjects, dropped } = await judged(made);
  process.send({ progress: caseName(one) });
  const times = await microsecondsOf(subjects, operations[one.operation].clock, plan);
  const results = subjects.map(({ name, checks }) => ({ name, checks, times: times.get(name) }));
  found.push({ ...one, results, dropped });
}
const pool = 'pool RS256'.includes(plan.only) ? await measurePool(plan) : undefined;
const { node, openssl, v8 } = process.versions;
process.send({ found, pool, versions: { node, openssl, v8 } }, () => process.disconnect());
