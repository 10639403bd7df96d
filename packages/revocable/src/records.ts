/** What a store keeps beside an authority's state: small collections, and an audit log. Times in milliseconds. */

/** A small collection of JSON values. `until` in milliseconds. */
export interface Records {
  get(key: string): Promise<unknown>;
  /** Returns false when `ifAbsent` and there is one. */
  put(
    key: string,
    value: unknown,
    options?: { readonly ifAbsent?: boolean; readonly until?: number },
  ): Promise<boolean>;
  /** Gets and removes in one step. */
  take(key: string): Promise<unknown>;
  list(options?: {
    readonly prefix?: string;
    readonly after?: string;
    readonly limit?: number;
  }): Promise<RecordItem[]>;
}

export interface RecordItem {
  readonly key: string;
  readonly value: unknown;
}

export interface AuditEvent {
  readonly event: string;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditRow extends AuditEvent {
  readonly seq: number;
  readonly at: number;
}

/** Append-only. */
export interface Audit {
  append(event: AuditEvent): Promise<number>;
  /** Newest first; `before` and `limit` page through it. */
  list(options?: {
    readonly before?: number;
    readonly limit?: number;
    readonly subject?: string;
    readonly actor?: string;
    readonly event?: string;
  }): Promise<AuditRow[]>;
}
