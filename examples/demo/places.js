/**
 * Where the four servers are: on the usual ports, or a hundred further up, and so on, where another program has one of them, such as
 * the token service that runs already. DEMO_PORTS=auth,orders,stock,shop says otherwise.
 */
import { createServer } from 'node:net';

const USUAL = [4700, 4710, 4711, 4720];

process.env.DEMO_PORTS ??= String(await freePorts()); // the servers inherit it
const [auth, orders, stock, shop] = process.env.DEMO_PORTS.split(',').map(Number);

export const ports = { auth, orders, stock, shop };
export const urls = {
  auth: `http://localhost:${auth}`,
  orders: `http://localhost:${orders}`,
  stock: `http://localhost:${stock}`,
  shop: `http://localhost:${shop}`,
};

async function freePorts() {
  for (let shift = 0; shift < 1000; shift += 100) {
    const found = USUAL.map(port => port + shift);
    const free = await Promise.all(found.map(isFree));
    if (free.every(Boolean)) return found;
  }
  return USUAL; // whose error then names the port
}

/** Some servers listen on the address, some on the name, which may be IPv6. */
async function isFree(port) {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, 'localhost'));
}

function canListen(port, host) {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
