/** The store and its authority: they stand on the library alone, so they open while the rest of the service is loaded. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  type Authority,
  type AuthorityEvent,
  createAuthority,
  openStore,
  type SigningKey,
  type Store,
} from 'revocable';
import { generateKeyAsync } from 'revocable/keys';
import type { Settings } from './settings.ts';
import { timed } from './timed-store.ts';

/** Hears how long the store's steps take, and what the authority tells. */
export interface Observer {
  step(operation: string, seconds: number): void;
  event(event: AuthorityEvent): void;
}

export interface Foundation {
  readonly store: Store;
  readonly authority: Authority;
  /** Nobody hears anything before. */
  observe(observer: Observer): void;
  close(): Promise<void>;
}

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID for a store that cannot be opened, or that another service holds
 * @throws {StoreError} ERR_STORE_CORRUPT for a store that is damaged, or of another root secret
 */
export async function openFoundation(settings: Settings): Promise<Foundation> {
  let observer: Observer | undefined;
  const firstKey = isFirstStart(settings.store) ? generateKeyAsync(settings.signing_alg) : undefined;
  firstKey?.catch(() => undefined); // the authority, if it comes to that, hears of it
  const opened = await openStore(settings.store, { exclusive: true });
  const store = timed(opened, (operation, seconds) => observer?.step(operation, seconds));
  try {
    const authority = await openAuthority(store, settings, firstKey, event => observer?.event(event));
    return {
      store,
      authority,
      observe: given => {
        observer = given;
      },
      async close() {
        await authority.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** An RSA key takes as long as opening the store, so where there is no data yet it is made meanwhile. */
function isFirstStart(store: string): boolean {
  return store === 'memory:' || (store.startsWith('file:') && !existsSync(store.slice('file:'.length)));
}

async function openAuthority(
  store: Store,
  settings: Settings,
  firstKey: Promise<SigningKey> | undefined,
  onEvent: (event: AuthorityEvent) => void,
): Promise<Authority> {
  return createAuthority({
    store,
    issuer: settings.issuer,
    audience: settings.audience,
    signing: {
      alg: settings.signing_alg,
      rotateEvery: settings.key_rotation,
      ...(firstKey && { firstKey }),
    },
    access: { expiresIn: settings.access_ttl, typ: settings.access_typ },
    refresh: { expiresIn: settings.refresh_ttl, idle: settings.refresh_idle, grace: settings.refresh_grace },
    dpop: { nonce: settings.dpop_nonce },
    onEvent,
    ...(settings.secret.length > 0 && { secret: settings.secret }),
    ...(settings.secret.length === 0 && store.kind === 'memory' && { secret: randomBytes(32) }),
  });
}
