/** How many cut-offs of each scope count, as this authority's own copy has them: nobody counts rows of the store for a metric. */
import type { LocalReplica } from '../revocation/index.ts';

const KINDS = {
  everyone: 'g',
  key: 'k',
  tenant: 't',
  client: 'c',
  subject: 'u',
  session: 's',
  token: 'j',
} as const;

/** By what was named to take them back. */
export type CutoffCounts = Readonly<Record<keyof typeof KINDS, number>>;

export function countCutoffs(replica: LocalReplica): CutoffCounts {
  const rows = Object.entries(KINDS).map(([name, kind]) => [name, replica.count(kind)]);
  return Object.fromEntries(rows) as CutoffCounts;
}
