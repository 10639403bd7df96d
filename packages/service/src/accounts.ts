/** Accounts: random subjects, names that are found in any spelling of their letters' case, roles. */
import type { Records, Store } from 'revocable';
import type { Passwords } from './passwords.ts';
import { randomSubject } from './random-text.ts';
import { conflict, notFound, wrongField } from './refusal.ts';

export const ROLES = ['admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  readonly subject: string;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
  readonly created_at: number;
  /** PHC string of argon2id; without one nobody can sign in. */
  readonly password?: string;
}

export interface NewAccount {
  readonly username: string;
  readonly password?: string | undefined;
  readonly roles?: readonly Role[] | undefined;
}

export interface AccountChange {
  readonly disabled?: boolean | undefined;
  readonly roles?: readonly Role[] | undefined;
  readonly password?: string | undefined;
}

export interface Accounts {
  /** Undefined for an unknown name, a wrong password and a disabled account: same time, same words. */
  authenticate(username: string, password: string): Promise<Account | undefined>;
  get(subject: string): Promise<Account | undefined>;
  list(query?: string): Promise<Account[]>;
  /** @throws {Refusal} conflict when the name is taken */
  create(account: NewAccount): Promise<Account>;
  /** Only the fact: whoever calls takes back afterwards. @throws {Refusal} conflict for the last admin */
  change(subject: string, change: AccountChange): Promise<Account>;
}

interface Held {
  readonly accounts: Records;
  /** From the name in its one spelling to the subject. */
  readonly names: Records;
  readonly passwords: Passwords;
  readonly passwordMin: number;
}

export function createAccounts(store: Store, passwords: Passwords, passwordMin: number): Accounts {
  const held = {
    accounts: store.records('accounts'),
    names: store.records('usernames'),
    passwords,
    passwordMin,
  };
  // Changes read before they write; this process is the only one on the store, so a line is enough.
  const oneByOne = createLine();
  return {
    authenticate: (username, password) => authenticate(held, username, password),
    get: subject => read(held, subject),
    list: query => list(held, query ?? ''),
    create: account => oneByOne(() => create(held, account)),
    change: (subject, change) => oneByOne(() => changeAccount(held, subject, change)),
  };
}

function createLine(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return task => {
    const mine = last.then(task, task);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** RFC 8265 section 3.3, UsernameCaseMapped, in its main points. */
export const nameKey = (username: string): string => username.normalize('NFKC').toLowerCase();

async function authenticate(held: Held, username: string, password: string): Promise<Account | undefined> {
  const account = isUsername(username) ? await byName(held, username) : undefined;
  const isRight = await held.passwords.isRight(password, account?.password);
  return isRight && account !== undefined && !account.disabled ? account : undefined;
}

async function byName(held: Held, username: string): Promise<Account | undefined> {
  const subject = await held.names.get(nameKey(username));
  return typeof subject === 'string' ? read(held, subject) : undefined;
}

async function read({ accounts }: Held, subject: string): Promise<Account | undefined> {
  if (!/^u_[a-z0-9]{1,60}$/.test(subject)) return undefined;
  return (await accounts.get(subject)) as Account | undefined;
}

const PAGE = 200;

async function list({ accounts }: Held, query: string): Promise<Account[]> {
  const wanted = nameKey(query.trim());
  const found: Account[] = [];
  let after = '';
  for (;;) {
    const page = await accounts.list({ limit: PAGE, ...(after !== '' && { after }) });
    found.push(...page.map(item => item.value as Account).filter(account => fits(account, wanted)));
    if (page.length < PAGE) return found.sort(byUsername);
    after = page.at(-1)?.key ?? '';
  }
}

const fits = (account: Account, wanted: string): boolean =>
  nameKey(account.username).includes(wanted) || account.subject.startsWith(wanted);
const byUsername = (a: Account, b: Account): number => nameKey(a.username).localeCompare(nameKey(b.username));

/** The name first, so that two cannot have it; a name whose account was never written is free to be taken over. */
async function create(held: Held, { username, password, roles = [] }: NewAccount): Promise<Account> {
  if (!isUsername(username))
    throw wrongField('username', 'A name has 1 to 100 characters: letters, digits and . _ - + @');
  const hashed = password === undefined ? {} : { password: await hashOf(held, password) };
  const key = nameKey(username);
  const fresh = randomSubject();
  const isMine = await held.names.put(key, fresh, { ifAbsent: true });
  const subject = isMine ? fresh : String(await held.names.get(key));
  const account: Account = { subject, username, roles, disabled: false, created_at: Date.now(), ...hashed };
  if (!(await held.accounts.put(subject, account, { ifAbsent: true })))
    throw conflict(`The name "${username}" is taken.`);
  return account;
}

async function changeAccount(held: Held, subject: string, change: AccountChange): Promise<Account> {
  const before = await read(held, subject);
  if (before === undefined) throw notFound('There is no such user.');
  const after: Account = {
    ...before,
    disabled: change.disabled ?? before.disabled,
    roles: change.roles ?? before.roles,
    ...(change.password !== undefined && { password: await hashOf(held, change.password) }),
  };
  if (isActiveAdmin(before) && !isActiveAdmin(after) && (await activeAdmins(held)) <= 1)
    throw conflict('This is the last admin: make somebody else one first.');
  await held.accounts.put(subject, after);
  return after;
}

const isActiveAdmin = (account: Account): boolean => account.roles.includes('admin') && !account.disabled;

async function activeAdmins(held: Held): Promise<number> {
  return (await list(held, '')).filter(isActiveAdmin).length;
}

const isUsername = (text: string): boolean => text.length <= 100 && /^[\p{L}\p{M}\p{N}._@+-]+$/u.test(text);

function hashOf(held: Held, password: string): Promise<string> {
  const length = [...password].length;
  if (length < held.passwordMin)
    throw wrongField('password', `A password has ${held.passwordMin} characters or more.`);
  if (length > 1000) throw wrongField('password', 'A password has 1000 characters at most.');
  return held.passwords.hash(password);
}
