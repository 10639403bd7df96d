/** Opens what a service is made of: on the store and the authority the accounts with a first admin, clients, limits. */
import type { Store } from 'revocable';
import { type Accounts, createAccounts } from './accounts.ts';
import { createAttempts } from './attempts.ts';
import { createClients } from './clients.ts';
import { createCodes } from './codes.ts';
import type { Foundation } from './foundation.ts';
import { hear } from './hearing.ts';
import type { Log } from './log.ts';
import { createGauges, createMetrics } from './metrics.ts';
import type { Parts } from './parts.ts';
import { createPasswords } from './passwords.ts';
import { randomPassword } from './random-text.ts';
import type { Settings } from './settings.ts';
import { standingIn } from './verifiers.ts';
import { VERSION } from './version.ts';

export interface Opened {
  readonly parts: Parts;
  /** Made at this start: nobody else knows it. */
  readonly madePassword: string | undefined;
  /** Before a scrape of the metrics. */
  updateGauges(): Promise<void>;
  /** Streams end; other requests go on. */
  endStreams(): void;
  close(): Promise<void>;
}

/** What has opened is closed again when the rest cannot be. */
export async function openParts(settings: Settings, log: Log, opening: Promise<Foundation>): Promise<Opened> {
  const foundation = await opening;
  try {
    return await openOn(foundation, settings, log);
  } catch (error) {
    await foundation.close();
    throw error;
  }
}

async function openOn(foundation: Foundation, settings: Settings, log: Log): Promise<Opened> {
  const { store, authority } = foundation;
  const metrics = createMetrics(VERSION);
  foundation.observe({
    step: (operation, seconds) => metrics.storeOperations.observe({ operation }, seconds),
    event: event => hear(event, { store, log, metrics }),
  });
  const accounts = createAccounts(store, createPasswords(), settings.password_min);
  const closing = new AbortController();
  const limited = (limit: string) => (): void => metrics.limited.inc({ limit });
  const parts: Parts = {
    settings,
    store,
    authority,
    accounts,
    clients: createClients(settings.clients),
    codes: createCodes(store),
    signInAttempts: createAttempts(settings.rate_limit, limited('sign_in')),
    clientAttempts: createAttempts(settings.rate_limit, limited('client')),
    metrics,
    log,
    appliedMs: [],
    closing: closing.signal,
  };
  const updateGauges = createGauges(metrics, () => standingOf(parts));
  const madePassword = await makeFirstAdmin(accounts, store, settings);
  const close = async (): Promise<void> => {
    closing.abort();
    await foundation.close();
  };
  return { parts, madePassword, updateGauges, endStreams: () => closing.abort(), close };
}

/** Only where there is nobody yet. @returns the password, when it was made here */
async function makeFirstAdmin(
  accounts: Accounts,
  store: Store,
  settings: Settings,
): Promise<string | undefined> {
  if ((await accounts.list()).length > 0) return undefined;
  const given = settings.admin_password;
  const password = given ?? randomPassword();
  const { subject } = await accounts.create({ username: 'admin', password, roles: ['admin'] });
  await store.audit.append({
    event: 'user_created',
    subject,
    detail: { by: 'the first start', username: 'admin', roles: ['admin'] },
  });
  return given === undefined ? password : undefined;
}

async function standingOf(parts: Parts) {
  const status = await parts.authority.status();
  const { sessions, keys, cutoffs, now } = status;
  const standing = standingIn(status);
  const live = standing.filter(each => each.state === 'live').length;
  const active = keys.find(key => key.state === 'active');
  return {
    sessions,
    cutoffs,
    verifiers: { live, stale: standing.length - live },
    stalestSeconds: Math.max(0, ...standing.map(each => each.staleness_ms / 1000)),
    keyAgeSeconds: active?.activatedAt === undefined ? undefined : (now - active.activatedAt) / 1000,
  };
}
