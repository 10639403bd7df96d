/** The cut-off model: what takes tokens back, without knowing what a token looks like. */

export type { CloseConnection, WatchedToken } from './connections.ts';
export * from './cut-proof.ts';
export * from './cutoff.ts';
export * from './cutoff-table.ts';
export * from './entry.ts';
export * from './feed.ts';
export * from './feed-lines.ts';
export * from './freshness.ts';
export * from './healer.ts';
export type { IsActive } from './introspecting.ts';
export * from './judgement.ts';
export * from './knowledge.ts';
export * from './profile.ts';
export * from './pull.ts';
export * from './replica.ts';
export * from './scope.ts';
export type { SnapshotFile } from './snapshot.ts';
export * from './stamps.ts';
export * from './standing.ts';
