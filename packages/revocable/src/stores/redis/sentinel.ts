/** Connections to whichever server the Sentinels say is the primary of their set. */
import { StoreError } from '../../errors.ts';
import { pause, type Timers } from '../../time.ts';
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
  return async ended => demandPrimary(await set.dialServer(await primaryOf(set), ended));
}

/** The Sentinels may still name a server that has stepped down already. */
export async function demandPrimary(wire: Wire): Promise<Wire> {
  const [role] = (await wire.send(['ROLE'])) as readonly unknown[];
  if (role === 'master') return wire;
  wire.close();
  throw unavailable('the server that the Sentinels name is no primary; a failover is on its way');
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
    throw silent(error instanceof AggregateError ? error.errors[0] : error);
  }
  await Promise.race([Promise.allSettled(asked), pause(set.timers, OTHERS_MS)]);
  return named.reduce((newest, each) => (each.epoch > newest.epoch ? each : newest)).address;
}

function silent(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const why = error instanceof Error ? `: ${error.message.slice(0, 200)}` : '';
  return unavailable(`no Sentinel answers${why}`);
}

async function ask({ dialSentinel, name }: SentinelSet, sentinel: Address): Promise<Named> {
  const wire = await dialSentinel(sentinel, () => {});
  try {
    const reply = (await wire.send(['SENTINEL', 'MASTER', name])) as readonly string[];
    const said = new Map(pairsOf(reply));
    const address = { host: said.get('ip') ?? '', port: Number(said.get('port')) };
    return { address, epoch: Number(said.get('config-epoch')) };
  } catch (error) {
    if (error instanceof Error && error.message.includes('No such master'))
      throw unavailable(`the Sentinels know no set ${JSON.stringify(name)}`);
    throw error;
  } finally {
    wire.close();
  }
}

const unavailable = (why: string): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', `Redis cannot be reached: ${why}. It is safe to repeat.`);
