/** Mutations of a JWS in JSON: of its members, their types and what stands in them. RFC 7515 section 7.2. */
import type { Alg } from 'revocable';
import { PART_MUTATIONS, type Parts } from './part-mutations.ts';
import type { Rng } from './random.ts';
import { TEXT_MUTATIONS, type TextMutation } from './text-mutations.ts';

type Json = Record<string, unknown>;
const ODD: readonly unknown[] = [undefined, null, 0, true, '', [], {}, ['x'], 'AA', { length: 1 }];
const MEMBERS = ['payload', 'protected', 'signature', 'signatures', 'header', '__proto__', 'iv'];
const UNSIGNED: readonly Json[] = [
  ...[{ alg: 'none' }, { alg: 'HS256' }, { kid: 'other' }, { crit: ['x'] }, { b64: false }, { jwk: {} }],
  ...[{ typ: 'JWT' }, { x: 1 }, {}, { toJSON: 'x' }],
];

const names = Object.keys(PART_MUTATIONS);
const textNames = Object.keys(TEXT_MUTATIONS);

/** The entry that has a signature: the object itself, or one of several. */
function entryOf(jws: Json, rng: Rng): Json {
  return Array.isArray(jws['signatures']) ? (rng.pick(jws['signatures']) as Json) : jws;
}

function changeText(jws: Json, rng: Rng, other: Json): void {
  const entry = entryOf(jws, rng);
  const name = rng.pick(['payload', 'protected', 'signature'] as const);
  const holder = name === 'payload' ? jws : entry;
  const text = holder[name];
  const donor = (name === 'payload' ? other : entryOf(other, rng))[name];
  const given = typeof donor === 'string' ? donor : 'AA';
  const change = TEXT_MUTATIONS[rng.pick(textNames)] as TextMutation;
  holder[name] = typeof text === 'string' && text.length > 1 ? change(text, rng, given) : given;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const asParts = (jws: Json, entry: Json): Parts => ({
  header: text(entry['protected']),
  payload: text(jws['payload']),
  signature: text(entry['signature']),
});

function changePart(jws: Json, rng: Rng, other: Json, alg: Alg): void {
  const entry = entryOf(jws, rng);
  const parts = asParts(jws, entry);
  if (parts.header === '') {
    changeText(jws, rng, other);
    return;
  }
  const changed = PART_MUTATIONS[rng.pick(names)]?.(parts, rng, asParts(other, entryOf(other, rng)), alg);
  entry['protected'] = changed?.header;
  entry['signature'] = changed?.signature;
  if ('payload' in jws || changed?.payload !== '') jws['payload'] = changed?.payload;
}

function changeForm(jws: Json, rng: Rng, other: Json): Json {
  const entry = entryOf(jws, rng);
  const many = Array.from({ length: 1 + rng.below(20) }, () => ({ ...entry }));
  return rng.pick([
    { ...jws, signatures: [entry] },
    { payload: jws['payload'], signatures: many },
    { payload: jws['payload'], signatures: [...many, ...ODD] },
    { ...other, ...jws },
    { ...jws, ...entry, signatures: undefined },
    { ...jws, header: { ...(entry['header'] as Json), ...rng.pick(UNSIGNED) } },
    Object.assign(Object.create(jws) as Json, rng.pick(UNSIGNED)),
    [jws] as unknown as Json,
  ]);
}

/** Another object; the one given stays as it is. */
export function mutateJson(original: object, rng: Rng, donor: object, alg: Alg): Json {
  const jws = structuredClone(original) as Json;
  const other = donor as Json;
  const kind = rng.below(6);
  if (kind === 0) entryOf(jws, rng)[rng.pick(MEMBERS)] = rng.pick(ODD);
  else if (kind === 1) jws[rng.pick(MEMBERS)] = rng.pick([...ODD, ...Object.values(other)]);
  else if (kind === 2) entryOf(jws, rng)['header'] = rng.pick([...UNSIGNED, ...ODD]);
  else if (kind === 3) return changeForm(jws, rng, other);
  else if (kind === 4) changePart(jws, rng, other, alg);
  else changeText(jws, rng, other);
  return jws;
}
