/** What `sign` accepts as options and payload. */
import { isBoolean, isNumber, isPlainObject, isString } from './kind.ts';
import type { SignOptions } from './types.ts';

interface Rule {
  readonly isValid: (value: unknown) => boolean;
  readonly message: string;
}

const ALGORITHMS: readonly unknown[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['HS256', 'HS384', 'HS512', 'none'],
];

const isSpan = (value: unknown): boolean => Number.isInteger(value) || (isString(value) && Boolean(value));
const rule = (isValid: Rule['isValid'], message: string): Rule => ({ isValid, message });

// Plain objects, with what they inherit: an option or claim named `constructor` fails here as it does in jsonwebtoken.
const OPTIONS: Readonly<Record<string, Rule>> = {
  expiresIn: rule(isSpan, '"expiresIn" should be a number of seconds or string representing a timespan'),
  notBefore: rule(isSpan, '"notBefore" should be a number of seconds or string representing a timespan'),
  audience: rule(value => isString(value) || Array.isArray(value), '"audience" must be a string or array'),
  algorithm: rule(value => ALGORITHMS.includes(value), '"algorithm" must be a valid string enum value'),
  header: rule(isPlainObject, '"header" must be an object'),
  encoding: rule(isString, '"encoding" must be a string'),
  issuer: rule(isString, '"issuer" must be a string'),
  subject: rule(isString, '"subject" must be a string'),
  jwtid: rule(isString, '"jwtid" must be a string'),
  noTimestamp: rule(isBoolean, '"noTimestamp" must be a boolean'),
  keyid: rule(isString, '"keyid" must be a string'),
  mutatePayload: rule(isBoolean, '"mutatePayload" must be a boolean'),
  allowInsecureKeySizes: rule(isBoolean, '"allowInsecureKeySizes" must be a boolean'),
  allowInvalidAsymmetricKeyTypes: rule(isBoolean, '"allowInvalidAsymmetricKeyTypes" must be a boolean'),
};

const CLAIMS: Readonly<Record<string, Rule>> = {
  iat: rule(isNumber, '"iat" should be a number of seconds'),
  exp: rule(isNumber, '"exp" should be a number of seconds'),
  nbf: rule(isNumber, '"nbf" should be a number of seconds'),
};

const FOR_OBJECTS = [
  'expiresIn',
  'notBefore',
  'noTimestamp',
  'audience',
  'issuer',
  'subject',
  'jwtid',
] as const;

/** @throws {Error} for an unknown option, or one of the wrong type */
export function checkOptions(options: SignOptions): void {
  check(OPTIONS, options, 'options', validator => {
    throw new Error(`"${validator}" is not allowed in "options"`);
  });
}

/** @throws {Error} for a payload that is no plain object, or has its time twice */
export function checkPayload(payload: unknown, options: SignOptions): void {
  check(CLAIMS, payload, 'payload', () => {});
  const { exp, nbf } = payload as Record<string, unknown>;
  if (exp !== undefined && options.expiresIn !== undefined)
    throw new Error('Bad "options.expiresIn" option the payload already has an "exp" property.');
  if (nbf !== undefined && options.notBefore !== undefined)
    throw new Error('Bad "options.notBefore" option the payload already has an "nbf" property.');
}

/** @throws {Error} when an option is given that only an object payload can carry */
export function refuseClaimOptions(payload: unknown, options: SignOptions): void {
  const invalid = FOR_OBJECTS.filter(name => options[name] !== undefined);
  if (invalid.length > 0)
    throw new Error(`invalid ${invalid.join(',')} option for ${typeof payload} payload`);
}

function check(
  rules: Readonly<Record<string, Rule>>,
  object: unknown,
  what: string,
  onUnknown: (name: string) => void,
): void {
  if (!isPlainObject(object)) throw new Error(`Expected "${what}" to be a plain object.`);
  for (const name of Object.keys(object)) {
    const validator = rules[name];
    if (!validator) onUnknown(name);
    else if (!validator.isValid(object[name])) throw new Error(validator.message);
  }
}
