/** Where the four servers are. Ports can be moved with DEMO_PORTS=auth,orders,stock,shop. */
const [auth, orders, stock, shop] = (process.env.DEMO_PORTS ?? '4700,4710,4711,4720').split(',').map(Number);

export const ports = { auth, orders, stock, shop };
export const urls = {
  auth: `http://localhost:${auth}`,
  orders: `http://localhost:${orders}`,
  stock: `http://localhost:${stock}`,
  shop: `http://localhost:${shop}`,
};
