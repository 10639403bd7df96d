/** A session: one login on one device, one family of refresh tokens. */
import type { Generations, RotationPolicy } from './rotation.ts';

/** What the store keeps of a session. No token is in it, nor anything that makes one without the root secret. Times in ms. */
export interface SessionRow extends Generations {
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly client: string;
  readonly device: string;
  readonly address: string;
  /** Random, part of what the refresh token's MAC covers. */
  readonly salt: string;
  /** `refresh_modified_at`: the stamp of the authentication. */
  readonly login: number;
  readonly created: number;
  /** The last answered refresh. */
  readonly used: number;
  readonly parent: string;
  /** The absolute end. */
  readonly expires: number;
  readonly idleMs: number;
  readonly graceMs: number;
  readonly policy: RotationPolicy;
  readonly audience: readonly string[];
  readonly scope: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Thumbprint of the key that its refresh tokens are bound to (RFC 9449 section 5); absent where they are not. */
  readonly jkt?: string;
}

/** A session as its owner and an admin see it. */
export interface Session {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly subject: string;
  readonly tenant: string | undefined;
  readonly client: string | undefined;
  readonly device: string | undefined;
  readonly address: string | undefined;
  readonly scope: string | undefined;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  /** Thumbprint of the key that it is bound to. */
  readonly jkt?: string | undefined;
}

/** When it ends: the earlier of its absolute end and its last use plus the idle lifetime. */
export function endOf(row: SessionRow): number {
  return Math.min(row.expires, row.used + row.idleMs);
}

export function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    parentId: row.parent || undefined,
    subject: row.subject,
    tenant: row.tenant || undefined,
    client: row.client || undefined,
    device: row.device || undefined,
    address: row.address || undefined,
    scope: row.scope || undefined,
    createdAt: new Date(row.created),
    lastUsedAt: new Date(row.used),
    expiresAt: new Date(endOf(row)),
    jkt: row.jkt,
  };
}
