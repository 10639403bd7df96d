/** Changes of accounts: the fact first, then what was given before it is taken back. */
import type { Account, AccountChange, NewAccount } from './accounts.ts';
import type { Actor } from './admin-access.ts';
import type { Parts } from './parts.ts';
import { type PlaneName, takeBack } from './take-back.ts';

export async function createUser(parts: Parts, actor: Actor, user: NewAccount): Promise<Account> {
  const account = await parts.accounts.create(user);
  await parts.store.audit.append({
    event: 'user_created',
    actor: actor.subject,
    subject: account.subject,
    detail: { by: actor.name, username: account.username, roles: account.roles },
  });
  return account;
}

/** @throws {Refusal} conflict for the last admin, 404 for nobody */
export async function changeUser(
  parts: Parts,
  actor: Actor,
  subject: string,
  change: AccountChange,
): Promise<Account> {
  const account = await parts.accounts.change(subject, change);
  const { password, ...shown } = change;
  await parts.store.audit.append({
    event: 'user_changed',
    actor: actor.subject,
    subject,
    detail: { by: actor.name, ...shown, ...(password !== undefined && { password: 'changed' }) },
  });
  const plane = planeOf(change);
  if (plane !== undefined)
    await takeBack(parts, actor, { target: { subject }, plane, reason: reasonOf(change) });
  return account;
}

/** A password or a disabled account ends every session; roles alone are in the next access token. */
function planeOf({ password, disabled, roles }: AccountChange): PlaneName | undefined {
  if (password !== undefined || disabled === true) return 'session';
  return roles === undefined ? undefined : 'access';
}

function reasonOf({ password, disabled }: AccountChange): string {
  if (disabled === true) return 'account disabled';
  return password !== undefined ? 'password changed' : 'roles changed';
}
