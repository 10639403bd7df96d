/** One execution: a mutant, a door of the library, a verdict, and what may not be. */
import { isDeepStrictEqual } from 'node:util';
import {
  createKeySet,
  decode as decodeToken,
  exportJwk,
  exportPem,
  importJwk,
  publicKey,
  RevocableError,
  type SigningKey,
  type VerificationKey,
} from 'revocable';
import { verifyJws } from 'revocable/jose';
import { importJwks } from '#jose/key-set';
import { forge } from '../jose/forge.ts';
import { mutateJson } from './json-mutations.ts';
import {
  allKeys,
  genuine,
  type JsonOriginal,
  type Originals,
  originals,
  verifierOfAll,
} from './originals.ts';
import { decode, ecdsaTwin, encode, joined, PART_MUTATIONS, partsOf } from './part-mutations.ts';
import type { Rng } from './random.ts';
import { TEXT_MUTATIONS } from './text-mutations.ts';

/** `refused` with its code; `genuine` is an original; `twin` is one's ECDSA signature as (r, n - s); `read` proves nothing. */
export type Outcome =
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'genuine' | 'twin' | 'read' };

/** What was done, so that a failure can be done again by hand. */
export interface Trace {
  mutation: string;
  door: string;
  alg: string;
  input: unknown;
}

/** Something that must never happen. */
export class Fault extends Error {}

const textNames = Object.keys(TEXT_MUTATIONS);
const partNames = Object.keys(PART_MUTATIONS);
export const mutationNames: readonly string[] = [...textNames, ...partNames];

const refusal = (error: unknown): Outcome => {
  if (error instanceof Fault) throw error;
  if (error instanceof RevocableError) return { kind: 'refused', code: error.code };
  throw new Fault(`something else than our errors was thrown: ${String(error)}`, { cause: error });
};

function attempt<T>(door: () => T, judge: (result: T) => Outcome): Outcome {
  let result: T;
  try {
    result = door();
  } catch (error) {
    return refusal(error);
  }
  return judge(result);
}

/** Cheap to check, so that most executions go to what stands before the signature. */
const quick = originals.filter(({ alg }) => /^(HS|EdDSA|Ed25519|ES256$|RS256|PS256)/.test(alg));
const pickSubject = (rng: Rng): Originals => rng.pick(rng.below(4) > 0 ? quick : originals);
const quickToSign = quick.filter(({ alg }) => !/^[RP]S/.test(alg));

function mutantToken(token: string, subject: Originals, rng: Rng, trace: Trace): string {
  const other = rng.pick((rng.below(3) === 0 ? pickSubject(rng) : subject).tokens);
  const isText = rng.below(2) === 0;
  trace.mutation = rng.pick(isText ? textNames : partNames);
  if (isText) return TEXT_MUTATIONS[trace.mutation]?.(token, rng, other) as string;
  return joined(PART_MUTATIONS[trace.mutation]?.(partsOf(token), rng, partsOf(other), subject.alg) as never);
}

function isTwin(mutant: string): boolean {
  const { header, payload, signature } = partsOf(mutant);
  for (const { alg, tokens } of originals) {
    if (!alg.startsWith('ES')) continue;
    for (const token of tokens) {
      const parts = partsOf(token);
      if (parts.header !== header || parts.payload !== payload) continue;
      if (encode(ecdsaTwin(Buffer.from(parts.signature, 'base64url'), alg)) === signature) return true;
    }
  }
  return false;
}

function accepted(mutant: string): Outcome {
  if (genuine.has(mutant)) return { kind: 'genuine' };
  if (isTwin(mutant)) return { kind: 'twin' };
  throw new Fault('a changed token was accepted');
}

type Door = (mutant: string, subject: Originals) => Outcome | Promise<Outcome>;

/** The ways in for a token. `decode` proves nothing, so there it is the error alone that counts. */
const DOORS: Readonly<Record<string, Door>> = {
  verifySync: (mutant, { verifier }) =>
    attempt(
      () => verifier.verifySync(mutant),
      () => accepted(mutant),
    ),
  check: (mutant, { verifier }) =>
    attempt(
      () => verifier.check(mutant),
      result => (result.ok ? accepted(mutant) : refusal(result.error)),
    ),
  'verifySync with the keys of all': mutant =>
    attempt(
      () => verifierOfAll.verifySync(mutant),
      () => accepted(mutant),
    ),
  'verifySync with a cache': (mutant, { cached }) =>
    attempt(
      () => cached.verifySync(mutant),
      () => accepted(mutant),
    ),
  verify: (mutant, { verifier }) => verifier.verify(mutant).then(() => accepted(mutant), refusal),
  verifyJws: (mutant, { key }) =>
    attempt(
      () => verifyJws(mutant, { keys: key }),
      () => accepted(mutant),
    ),
  decode: mutant =>
    attempt(
      () => decodeToken(mutant),
      () => ({ kind: 'read' }),
    ),
};
const doorNames = Object.keys(DOORS);

function fuzzToken(rng: Rng, trace: Trace): Outcome | Promise<Outcome> {
  const subject = pickSubject(rng);
  const mutant = mutantToken(rng.pick(subject.tokens), subject, rng, trace);
  trace.door = rng.pick(doorNames);
  trace.alg = subject.alg;
  trace.input = mutant;
  return (DOORS[trace.door] as Door)(mutant, subject);
}

/** The pairs of protected header and signature that hold, and over what. */
const pairsOf = (jws: object): readonly { protected?: unknown; signature?: unknown }[] =>
  'signatures' in jws && Array.isArray(jws.signatures) ? jws.signatures : [jws];

function isUntouched(mutant: object, result: { payload: Uint8Array }, { jws, bytes }: JsonOriginal): boolean {
  if (!bytes.equals(result.payload)) return false;
  return pairsOf(mutant).some(pair =>
    pairsOf(jws).some(own => own?.protected === pair?.protected && own?.signature === pair?.signature),
  );
}

/** What no signature covers may change; payload, protected header and signature may not. */
function fuzzObject(rng: Rng, trace: Trace): Outcome {
  const subject = pickSubject(rng);
  const original = rng.pick(subject.objects);
  const mutant = mutateJson(original.jws, rng, rng.pick(subject.objects).jws, subject.alg);
  const payload = original.isDetached && rng.below(8) > 0 ? { payload: original.bytes } : {};
  Object.assign(trace, { mutation: 'json', door: 'verifyJws of an object', alg: subject.alg, input: mutant });
  return attempt(
    () => verifyJws(mutant as never, { keys: rng.below(2) === 0 ? subject.key : [...allKeys], ...payload }),
    result => {
      if (subject.objects.some(one => isUntouched(mutant, result, one))) return { kind: 'genuine' };
      if (subject.alg.startsWith('ES') && bytesTwin(mutant, subject)) return { kind: 'twin' };
      throw new Fault('a changed JWS was accepted');
    },
  );
}

function bytesTwin(mutant: object, { objects, alg }: Originals): boolean {
  const twins = objects
    .flatMap(({ jws }) => pairsOf(jws))
    .map(pair => ({
      protected: pair.protected,
      signature: encode(ecdsaTwin(Buffer.from(String(pair.signature), 'base64url'), alg)),
    }));
  return pairsOf(mutant).some(pair =>
    twins.some(twin => twin.protected === pair?.protected && twin.signature === pair?.signature),
  );
}

/** Hostile content under a true signature: refused by one of our errors, or read as JSON.parse reads it. */
function fuzzSigned(rng: Rng, trace: Trace): Outcome {
  const subject = rng.pick(rng.below(16) > 0 ? quickToSign : originals);
  const mutant = partsOf(mutantToken(rng.pick(subject.tokens), subject, rng, trace));
  const [header, payload] = [mutant.header, mutant.payload].map(part => Buffer.from(part, 'base64url'));
  const token = forge(subject.key, header, payload);
  trace.door = 'verifySync of a true signature';
  trace.alg = subject.alg;
  trace.input = token;
  return attempt(
    () => subject.verifier.verifySync(token),
    result => {
      const { header, payload } = partsOf(token);
      const isSame =
        isDeepStrictEqual(result.claims, JSON.parse(decode(payload))) &&
        isDeepStrictEqual(result.header, JSON.parse(decode(header)));
      if (!isSame || result.header.alg !== subject.alg || 'crit' in result.header)
        throw new Fault('a signed token was read as something else than it says');
      return { kind: 'genuine' };
    },
  );
}

const NEIGHBOUR = exportJwk(allKeys.find(key => key.alg === 'ES256') as SigningKey);

/** A remote set passes over what it cannot use: one key that is broken must not cost the others. */
function remoteKeysBeside(mutant: object): void {
  const jwks = { keys: [mutant as never, NEIGHBOUR] };
  const keys = importJwks(jwks, 'RS256', { secrets: 'passOver', unusable: 'passOver' });
  if (!keys.some(({ kid }) => kid === NEIGHBOUR.kid)) throw new Fault('a key was lost beside a broken one');
}

/** Keys that strangers may have a hand in: a JWK Set from the network, a PEM from a form. */
function fuzzKey(rng: Rng, trace: Trace): Outcome {
  const { key, alg } = rng.pick(originals);
  const jwk = exportJwk(key, { private: key.type === 'secret' || rng.below(2) === 0 }) as unknown as Record<
    string,
    unknown
  >;
  const name = rng.pick([...Object.keys(jwk), 'use', 'key_ops', 'crv', 'x5c']);
  const old = String(jwk[name] ?? 'x');
  trace.mutation = rng.pick(textNames);
  const change = (text: string): string => TEXT_MUTATIONS[trace.mutation]?.(text, rng, alg) as string;
  const value =
    rng.below(4) === 0 ? rng.pick([null, 0, [], {}, ['sign'], '', true]) : change(`${old} `.trimEnd() || 'x');
  const mutant = { ...jwk, [name]: value };
  Object.assign(trace, { door: 'keys', alg, input: mutant });
  const pem = (): unknown => publicKey(alg as 'RS256', change(exportPem(key)));
  const doors: readonly (() => unknown)[] = [
    () => importJwk(mutant as never),
    () => importJwk(mutant as never, alg),
    () => createKeySet({ keys: [mutant as never] }),
    () => remoteKeysBeside(mutant),
    () => publicKey(alg as 'RS256', mutant as never),
    key.type === 'secret' ? () => importJwk(mutant as never, alg) : pem,
  ];
  return attempt(rng.pick(doors), () => ({ kind: 'read' }));
}

/** One execution, chosen and done. */
export function execute(rng: Rng, trace: Trace): Outcome | Promise<Outcome> {
  const dice = rng.below(100);
  if (dice < 70) return fuzzToken(rng, trace);
  if (dice < 85) return fuzzObject(rng, trace);
  if (dice < 98) return fuzzSigned(rng, trace);
  return fuzzKey(rng, trace);
}

/** For the report of a failure: the key that the original was signed with. */
export function keyMaterial(alg: string): unknown {
  const key = originals.find(one => one.alg === alg)?.key as SigningKey & VerificationKey;
  return key === undefined ? undefined : exportJwk(key, { private: true });
}
