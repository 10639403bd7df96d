/** One of several token services on one Redis: is sent tokens of its own, and refreshes them when told to. */
import { createAuthority, openStore } from 'revocable';
import { SECRET } from './places.js';
import { refreshes } from './refreshes.js';

const { address, options, count } = JSON.parse(process.argv[2]);
const store = await openStore(address);
const authority = await createAuthority({ store, secret: SECRET, ...options });
let tokens;

process.on('message', async message => {
  if (Array.isArray(message)) {
    tokens = message;
    await refreshes(authority, tokens, count / 10);
    process.send('ready');
  } else process.send(await refreshes(authority, tokens, count));
});
process.on('disconnect', async () => {
  await authority.close();
  await store.close();
});
