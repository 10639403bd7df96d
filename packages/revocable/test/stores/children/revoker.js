// Revokes one user after the other, 16 at a time, and says which revocations returned: "name cutoff".
import { writeSync } from 'node:fs';
import { openStore } from '#stores/open';

const [, , folder, prefix] = process.argv;
const lives = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };
const store = await openStore(`file:${folder}`);
let next = 0;

async function revokeOn() {
  for (;;) {
    const name = `${prefix}${next++}`;
    const user = `u::${name}`;
    const orders = [{ kind: 'finite', scope: user, plane: 's', user }];
    const { cutoff } = await store.revoke({ orders, caller: Date.now(), lives });
    writeSync(1, `${name} ${cutoff}\n`);
  }
}
await Promise.all(Array.from({ length: 16 }, revokeOn));
