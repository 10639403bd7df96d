/** Opens what a service is made of: on the store and the authority the accounts with a first admin, clients, limits. */
import type { AuthorityEvent, Store } from 'revocable';
import { type Accounts, createAccounts } from './accounts.ts';
import { createAttempts } from './attempts.ts';
import { auditEntry } from './audit.ts';
import { createClients } from './clients.ts';
import { createCodes } from './codes.ts';
import type { Foundation } from './foundation.ts';
import type { Log } from './log.ts';
import { createGauges, createMetrics, type Metrics } from './metrics.ts';
import type { Parts } from './parts.ts';
import { createPasswords } from './passwords.ts';
import { randomPassword } from './random-text.ts';
import type { Settings } from './settings.ts';
import { verifiers } from './verifiers.ts';
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
    event: event => hear(event, store, log, metrics),
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

const UPKEEP = {
  purge: 'what is past its end could not be removed from the store: it grows until this succeeds again',
  keys: 'the signing keys could not be looked after: the one that signs goes on until this succeeds again',
} as const;

/** What nobody ordered is in the audit log too; a log that cannot be written is no reason to refuse a token. */
function hear(event: AuthorityEvent, store: Store, log: Log, metrics: Metrics): void {
  if (event.type === 'refresh.reuse') {
    metrics.refreshes.inc({ result: 'reuse' });
    log.warn(event, 'two hold one refresh token: the session has ended');
  } else if (event.type === 'store.amnesia')
    log.error(event, 'the store has lost a rotation: look at its replicas and backups');
  else if (event.type === 'revoked')
    log.info({ scopes: event.scopes.length, cutoff: event.cutoff }, 'revoked');
  else if (event.type === 'upkeep.failed') log.error(event, UPKEEP[event.task]);
  else if (event.type === 'upkeep.recovered') log.warn(event, 'what is done once a minute succeeds again');
  else if (event.type === 'key.rotated') log.info(event, 'another key signs');
  else log.debug(event, event.type);
  const entry = auditEntry(event);
  if (entry !== undefined)
    store.audit
      .append(entry)
      .catch(error => log.error({ event: entry.event, error: error.message }, 'not in the audit log'));
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
  const [{ sessions, keys }, standing] = await Promise.all([parts.authority.status(), verifiers(parts)]);
  const live = standing.filter(each => each.state === 'live').length;
  const active = keys.find(key => key.state === 'active');
  return {
    sessions,
    verifiers: { live, stale: standing.length - live },
    stalestSeconds: Math.max(0, ...standing.map(each => each.staleness_ms / 1000)),
    keyAgeSeconds: active?.activatedAt === undefined ? undefined : (Date.now() - active.activatedAt) / 1000,
  };
}
