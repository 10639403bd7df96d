/** Whether a key is of the type, curve and PSS parameters that an algorithm asks for. */
import type { KeyObject } from 'node:crypto';

const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ec', ['ES256', 'ES384', 'ES512']],
  ['rsa', ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512']],
  ['rsa-pss', ['PS256', 'PS384', 'PS512']],
]);
const CURVES: ReadonlyMap<string, string> = new Map([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
]);

/** The `Error` that says why this key and this algorithm do not belong together; undefined when they do. */
export function keyTypeError(alg: string, key: KeyObject | null | undefined): Error | undefined {
  const type = key?.asymmetricKeyType;
  if (alg === '' || key === null || key === undefined || type === undefined) return undefined;
  const allowed = ALGORITHMS.get(type);
  if (allowed === undefined) return new Error(`Unknown key type "${type}".`);
  if (!allowed.includes(alg))
    return new Error(`"alg" parameter for "${type}" key type must be one of: ${allowed.join(', ')}.`);
  if (type === 'ec') return curveError(alg, key);
  return type === 'rsa-pss' ? pssError(alg, key) : undefined;
}

function curveError(alg: string, key: KeyObject): Error | undefined {
  const curve = CURVES.get(alg);
  if (key.asymmetricKeyDetails?.namedCurve === curve) return undefined;
  return new Error(`"alg" parameter "${alg}" requires curve "${curve}".`);
}

/** RFC 7518 section 3.5: hash and MGF1 hash are the algorithm's, the salt no longer than the hash. */
function pssError(alg: string, key: KeyObject): Error | undefined {
  const bits = Number(alg.slice(-3));
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = key.asymmetricKeyDetails ?? {};
  if (hashAlgorithm !== `sha${bits}` || mgf1HashAlgorithm !== hashAlgorithm)
    return new Error(
      `Invalid key for this operation, its RSA-PSS parameters do not meet the requirements of "alg" ${alg}.`,
    );
  if (saltLength !== undefined && saltLength > bits / 8)
    return new Error(
      `Invalid key for this operation, its RSA-PSS parameter saltLength does not meet the requirements of "alg" ${alg}.`,
    );
  return undefined;
}
