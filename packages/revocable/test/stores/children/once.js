// Opens a store, revokes one user, and ends without closing: the process must end by itself.
import { openStore } from '#stores/open';

const [, , folder, name] = process.argv;
const lives = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };
const store = await openStore(`file:${folder}`);
const user = `u::${name}`;
await store.revoke({
  orders: [{ kind: 'finite', scope: user, plane: 's', user }],
  caller: Date.now(),
  lives,
});
