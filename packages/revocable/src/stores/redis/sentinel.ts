/** Connections to whichever server the Sentinels say is the primary of their set. */
import { StoreError } from '../../errors.ts';
import type { OpenWire, Wire } from './line.ts';
import type { Address } from './location.ts';

/** Connects to one server. */
export type Dial = (address: Address, ended: () => void) => Promise<Wire>;

export interface SentinelSet {
  readonly sentinels: readonly Address[];
  readonly name: string;
  readonly dialSentinel: Dial;
  readonly dialServer: Dial;
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

/** The first answer counts: a Sentinel that is down must not hold up the others. */
async function primaryOf(set: SentinelSet): Promise<Address> {
  try {
    return await Promise.any(set.sentinels.map(sentinel => ask(set, sentinel)));
  } catch (error) {
    const [first] = error instanceof AggregateError ? error.errors : [error];
    if (first instanceof StoreError) throw first;
    const why = first instanceof Error ? `: ${first.message.slice(0, 200)}` : '';
    throw unavailable(`no Sentinel answers${why}`);
  }
}

async function ask({ dialSentinel, name }: SentinelSet, sentinel: Address): Promise<Address> {
  const wire = await dialSentinel(sentinel, () => {});
  try {
    const reply = await wire.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]);
    if (!Array.isArray(reply)) throw unavailable(`the Sentinels know no set ${JSON.stringify(name)}`);
    return { host: String(reply[0]), port: Number(reply[1]) };
  } finally {
    wire.close();
  }
}

const unavailable = (why: string): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', `Redis cannot be reached: ${why}. It is safe to repeat.`);
