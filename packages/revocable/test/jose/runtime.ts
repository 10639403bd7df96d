/** What this runtime can do, so that tests run over what is there and say what is not. */
import { type Alg, generateKey, type SigningKey } from 'revocable';
import { algorithms } from 'revocable/jose';

const made = new Map<string, SigningKey | undefined>();

/** A key of the algorithm, made once; undefined where the runtime lacks it. */
export function keyOf(alg: string): SigningKey | undefined {
  if (!made.has(alg)) made.set(alg, attempt(alg));
  return made.get(alg);
}

function attempt(alg: string): SigningKey | undefined {
  try {
    return generateKey(alg as Alg);
  } catch {
    return undefined;
  }
}

export function has(alg: string): boolean {
  return keyOf(alg) !== undefined;
}

/** The algorithms of this runtime. */
export const present: readonly Alg[] = algorithms.filter(has);
/** The algorithms of the table that it lacks. */
export const lacking: readonly Alg[] = algorithms.filter(alg => !has(alg));
