/** How Redis is reached: one server at a time, whichever it is then, or a Cluster. */
import type { Timers } from '../../time.ts';
import { type Cluster, createClusterLine } from './cluster.ts';
import { createLine, type Line, type OpenWire } from './line.ts';

export type Reach =
  | { readonly kind: 'server'; readonly open: OpenWire }
  | { readonly kind: 'cluster'; readonly open: () => Promise<Cluster> };

export function lineOver(reach: Reach, timers: Timers): Line {
  return reach.kind === 'server' ? createLine(reach.open, timers) : createClusterLine(reach.open, timers);
}
