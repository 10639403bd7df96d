/** The claims that `sign` adds to an object payload. */
import { after, now } from './timespan.ts';
import type { SignOptions } from './types.ts';

const CLAIM_OF = { audience: 'aud', issuer: 'iss', subject: 'sub', jwtid: 'jti' } as const;
const EXAMPLES = 'should be a number of seconds or string representing a timespan eg: "1d", "20h", 60';

/**
 * Adds `iat`, and what the options ask for. `Reflect.set` is without effect on a frozen payload, as an assignment in
 * `jsonwebtoken` is.
 * @throws {Error} for a time span that is none, or a claim that payload and options both have
 */
export function addClaims(payload: Record<string, unknown>, options: SignOptions): void {
  const timestamp = (payload['iat'] || now()) as number;
  if (options.noTimestamp) Reflect.deleteProperty(payload, 'iat');
  else Reflect.set(payload, 'iat', timestamp);
  if (options.notBefore !== undefined) addTime(payload, 'nbf', 'notBefore', timestamp, options.notBefore);
  if (options.expiresIn !== undefined) addTime(payload, 'exp', 'expiresIn', timestamp, options.expiresIn);
  for (const [name, claim] of Object.entries(CLAIM_OF)) addText(payload, claim, name, options);
}

function addTime(
  payload: Record<string, unknown>,
  claim: string,
  name: string,
  timestamp: number,
  span: string | number,
): void {
  Reflect.set(payload, claim, after(timestamp || now(), span));
  // Read back: a frozen payload has not taken it, and its token would never expire.
  if (payload[claim] === undefined) throw new Error(`"${name}" ${EXAMPLES}`);
}

function addText(payload: Record<string, unknown>, claim: string, name: string, options: SignOptions): void {
  const value = options[name as keyof SignOptions];
  if (value === undefined) return;
  if (payload[claim] !== undefined)
    throw new Error(`Bad "options.${name}" option. The payload already has an "${claim}" property.`);
  Reflect.set(payload, claim, value);
}
