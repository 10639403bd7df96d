/** `/admin/api/users`: accounts. */
import { z } from 'zod';
import { type Account, ROLES } from '../accounts.ts';
import { requireAdmin } from '../admin-access.ts';
import { json } from '../answer.ts';
import { type Call, readJson } from '../call.ts';
import type { Parts } from '../parts.ts';
import { invalidRequest, notFound } from '../refusal.ts';
import { changeUser, createUser } from '../user-changes.ts';
import { timestamp } from '../words.ts';

const roles = z.array(z.enum(ROLES));
const NEW_USER = z.strictObject({
  username: z.string(),
  password: z.string().optional(),
  roles: roles.optional(),
});
const CHANGE = z
  .strictObject({
    disabled: z.boolean().optional(),
    roles: roles.optional(),
    password: z.string().optional(),
  })
  .refine(change => Object.keys(change).length > 0, 'name what to change: disabled, roles or password');

export async function listUsers(call: Call, parts: Parts): Promise<Response> {
  await requireAdmin(call, parts, 'revocable:read');
  const accounts = await parts.accounts.list(call.url.searchParams.get('q') ?? '');
  return json({ users: accounts.map(userAnswer) });
}

export async function showUser(call: Call, parts: Parts): Promise<Response> {
  await requireAdmin(call, parts, 'revocable:read');
  const account = await parts.accounts.get(call.param('subject'));
  if (account === undefined) throw notFound('There is no such user.');
  return json(userAnswer(account));
}

export async function addUser(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireAdmin(call, parts, 'revocable:admin');
  const account = await createUser(parts, actor, checked(NEW_USER, await readJson(call.request)));
  return json(userAnswer(account), 201, {
    location: `${parts.settings.issuer}/admin/api/users/${account.subject}`,
  });
}

export async function patchUser(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireAdmin(call, parts, 'revocable:admin');
  const change = checked(CHANGE, await readJson(call.request));
  return json(userAnswer(await changeUser(parts, actor, call.param('subject'), change)));
}

function checked<T>(form: z.ZodType<T>, body: unknown): T {
  const result = form.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'the body';
  throw invalidRequest(`${where}: ${issue?.message ?? 'not valid'}.`);
}

/** Never the password's hash. */
function userAnswer({
  subject,
  username,
  roles,
  disabled,
  created_at,
  password,
}: Account): Readonly<Record<string, unknown>> {
  return {
    subject,
    username,
    roles,
    disabled,
    has_password: password !== undefined,
    created_at: timestamp(created_at),
  };
}
