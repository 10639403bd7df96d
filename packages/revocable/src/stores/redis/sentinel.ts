/** Connections to whichever server the Sentinels say is the primary of their set. */
import { StoreError } from '../../errors.ts';
import { pause, systemClock, type Timers } from '../../time.ts';
import { isRefusal, replyCode, UNKNOWN_SET } from './failure.ts';
import type { OpenWire, Wire } from './line.ts';
import type { Address } from './location.ts';
import { pairsOf } from './rows.ts';

/** Connects to one server. */
export type Dial = (address: Address, ended: () => void) => Promise<Wire>;

export interface SentinelSet {
  readonly sentinels: readonly Address[];
  readonly name: string;
  readonly dialSentinel: Dial;
  readonly dialServer: Dial;
  readonly timers: Timers;
}

/** Each connection asks anew: a failover breaks those to the old primary, which the Sentinels see to. */
export function wiresBySentinels(set: SentinelSet): OpenWire {
  return async ended => demandPrimary(await set.dialServer(await primaryOf(set), ended), ended);
}

/** The Sentinels may still name a server that has stepped down already, or is about to. */
export async function demandPrimary(wire: Wire, ended: () => void): Promise<Wire> {
  const [role] = (await wire.send(['ROLE'])) as readonly unknown[];
  if (role === 'master') return untilDeposed(wire, ended);
  wire.close();
  throw unavailable('the server that the Sentinels name is no primary; a failover is on its way');
}

/** Where no replica comes back, the Sentinels are not asked more often than this. */
const ASKED_ANEW_MS = 3000;

/**
 * A primary that was deposed learns of it up to ten seconds later, and breaks its connections only then. That its replicas have
 * left it (NOREPLICAS) is known before: the Sentinels are asked again.
 */
function untilDeposed(wire: Wire, ended: () => void): Wire {
  const openedAt = systemClock.monotonic();
  return {
    ...wire,
    async send(command) {
      try {
        return await wire.send(command);
      } catch (error) {
        if (replyCode(error) === 'NOREPLICAS' && systemClock.monotonic() - openedAt > ASKED_ANEW_MS) ended();
        throw error;
      }
    },
  };
}

interface Named {
  readonly address: Address;
  /** Rises with each failover. */
  readonly epoch: number;
}

/** How long the others are waited for when one Sentinel has answered. */
const OTHERS_MS = 300;

/**
 * Sentinels hear of a failover one after the other, so that of the newest epoch counts. One that is down must not hold up the
 * others.
 */
async function primaryOf(set: SentinelSet): Promise<Address> {
  const named: Named[] = [];
  const asked = set.sentinels.map(async sentinel => named.push(await ask(set, sentinel)));
  try {
    await Promise.any(asked);
  } catch (error) {
    throw silent(error instanceof AggregateError ? error.errors : [error]);
  }
  await Promise.race([Promise.allSettled(asked), pause(set.timers, OTHERS_MS)]);
  return named.reduce((newest, each) => (each.epoch > newest.epoch ? each : newest)).address;
}

/** A Sentinel that refuses is no outage, and says more than one that is down. */
function silent(errors: readonly unknown[]): unknown {
  const refusal = errors.find(isRefusal);
  if (refusal !== undefined) return refusal;
  const [first] = errors;
  const why = first instanceof Error ? `: ${first.message.slice(0, 200)}` : '';
  return unavailable(`no Sentinel answers${why}`);
}

/**
 * The address that is handed to clients: while replicas are told of the new primary, SENTINEL MASTER names the old one, in the new
 * epoch already. Epoch first: an address that is newer than its epoch loses at most to another Sentinel's.
 */
async function ask({ dialSentinel, name }: SentinelSet, sentinel: Address): Promise<Named> {
  const wire = await dialSentinel(sentinel, () => {});
  try {
    const [master, address] = (await Promise.all([
      wire.send(['SENTINEL', 'MASTER', name]),
      wire.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]),
    ])) as [readonly string[], readonly [string, string] | null];
    const [host = '', port] = address ?? [];
    const epoch = Number(new Map(pairsOf(master)).get('config-epoch'));
    return { address: { host, port: Number(port) }, epoch };
  } catch (error) {
    throw error instanceof Error && error.message.includes('No such master') ? new Error(UNKNOWN_SET) : error;
  } finally {
    wire.close();
  }
}

const unavailable = (why: string): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', `Redis cannot be reached: ${why}. It is safe to repeat.`);
