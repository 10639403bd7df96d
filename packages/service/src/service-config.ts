/** What `createService` takes: the settings, named and written as in the JSON file. */
import type { Duration } from 'revocable';
import type { ClientSettings } from './client-settings.ts';

export interface ServiceConfig {
  /** https, or http on loopback; no path. @default "http://localhost:PORT" */
  readonly issuer?: string;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default 4700 */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly ops_host?: string;
  /** @default 4701 */
  readonly ops_port?: number;
  /** @default "file:./data" */
  readonly store?: string;
  /** Root secrets of 32 bytes or more: the first makes, all are accepted. @default made beside the store */
  readonly secret?: string | readonly string[];
  /** Of the first admin. @default made */
  readonly admin_password?: string;
  readonly clients?: readonly ClientSettings[];
  /** @default "api" */
  readonly audience?: string | readonly string[];
  /** @default "RS256" */
  readonly signing_alg?: string;
  /** @default "30d" */
  readonly key_rotation?: Duration;
  /** @default "5m" */
  readonly access_ttl?: Duration;
  /** @default "at+jwt" */
  readonly access_typ?: 'at+jwt' | 'JWT';
  /** Absolute life of a session. @default "30d" */
  readonly refresh_ttl?: Duration;
  /** @default "7d" */
  readonly refresh_idle?: Duration;
  /** @default "30s" */
  readonly refresh_grace?: Duration;
  /** Whether DPoP proofs need a nonce of this service. @default "on" */
  readonly dpop_nonce?: 'on' | 'off';
  /** Who may follow the revocations. @default "clients" */
  readonly feed?: 'clients' | 'public';
  /** Addresses and networks whose X-Forwarded-For counts. */
  readonly trusted_proxies?: readonly string[];
  /** @default "on" */
  readonly rate_limit?: 'on' | 'off';
  /** Characters. @default 15 */
  readonly password_min?: number;
  /** @default "info" */
  readonly log_level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** How long a service that was told to stop still answers. @default "5s" */
  readonly drain?: Duration;
}
