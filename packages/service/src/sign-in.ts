/** Signing in: begin, look at the password, step. What was looked at before a revocation is never stamped after it. */
import { StoreError, type TokenPair } from 'revocable';
import { type Account, nameKey } from './accounts.ts';
import { claimsOf } from './browser-session.ts';
import type { Call } from './call.ts';
import { deviceOf } from './device.ts';
import type { Parts } from './parts.ts';

export interface SignedInNow {
  readonly account: Account;
  readonly pair: TokenPair;
}

/** How often it looks again when something was taken back meanwhile. */
const TRIES = 3;

/**
 * @returns undefined for an unknown name, a wrong password and a disabled account
 * @throws {Refusal} 429 after too many wrong tries, 503 when too many sign in at once
 */
export async function signIn(
  call: Call,
  parts: Parts,
  username: string,
  password: string,
): Promise<SignedInNow | undefined> {
  const name = nameKey(username);
  await parts.signInAttempts.begin(name, call.address);
  const found = await again(() =>
    tryToSignIn(call, parts, () => parts.accounts.authenticate(username, password)),
  ).catch(async error => {
    await parts.signInAttempts.undecided(name, call.address);
    throw error;
  });
  parts.metrics.logins.inc({ result: found === undefined ? 'refused' : 'ok' });
  if (found === undefined) return undefined;
  await parts.signInAttempts.succeeded(name, call.address);
  return found;
}

/** A session for somebody whose password was proved for another reason a moment ago: it has just been changed. */
export async function startSession(
  call: Call,
  parts: Parts,
  subject: string,
): Promise<SignedInNow | undefined> {
  return again(() =>
    tryToSignIn(call, parts, async () => {
      const account = await parts.accounts.get(subject);
      return account?.disabled ? undefined : account;
    }),
  );
}

async function tryToSignIn(
  call: Call,
  parts: Parts,
  look: () => Promise<Account | undefined>,
): Promise<SignedInNow | undefined> {
  const begun = await parts.authority.begin();
  const account = await look();
  if (account === undefined) return undefined;
  const device = deviceOf(call.request.headers.get('user-agent'));
  const pair = await parts.authority.issue({
    subject: account.subject,
    begun,
    claims: claimsOf(account),
    device,
    address: call.address,
  });
  countTokens(parts, 'password');
  await parts.store.audit.append({
    event: 'signed_in',
    actor: account.subject,
    subject: account.subject,
    detail: { device, address: call.address },
  });
  return { account, pair };
}

export function countTokens(parts: Parts, grant: string): void {
  parts.metrics.tokens.inc({ kind: 'access', grant });
  if (grant !== 'client_credentials') parts.metrics.tokens.inc({ kind: 'refresh', grant });
}

/** Begins again, and looks again, where something was taken back meanwhile. */
export async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      const isOutdated = error instanceof StoreError && error.code === 'ERR_BEGIN_OUTDATED';
      if (!isOutdated || left <= 1) throw error;
    }
  }
}
