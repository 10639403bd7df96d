/** Where a request came from: the socket's address, or what a trusted proxy says. */
import { BlockList, isIP } from 'node:net';

export type AddressOf = (request: Request, socketAddress: string) => string;

/**
 * Reads X-Forwarded-For from its end, for each proxy adds whom it heard; the first address that is no trusted proxy
 * is the caller. From anybody else the header says what it likes, and does not count.
 * @param trusted addresses and networks, such as 10.0.0.0/8
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList();
  for (const network of trusted) addNetwork(proxies, network);
  return (request, socketAddress) => {
    let address = plain(socketAddress);
    const claimed = (request.headers.get('x-forwarded-for') ?? '').split(',').map(part => plain(part.trim()));
    while (isProxy(proxies, address)) {
      const before = claimed.pop();
      if (before === undefined || isIP(before) === 0) break;
      address = before;
    }
    return address;
  };
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', bits] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}

const isProxy = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An IPv4 address that a socket for both families shows as IPv6. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
