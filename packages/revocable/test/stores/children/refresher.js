// Refreshes sessions of its own for a while, eight at a time; says how many were answered and how many failed.
import { openStore } from '#stores/open';

const [, , folder, name, milliseconds] = process.argv;
const lives = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };
const store = await openStore(`file:${folder}`);
const until = Date.now() + Number(milliseconds);
const errors = [];
let answered = 0;

async function begin() {
  return { begun: await store.begin(), caller: Date.now(), lives };
}

async function login(id) {
  const who = { tenant: '', subject: `${name}-${id}`, client: '' };
  const rules = {
    idleMs: 1e9,
    graceMs: 0,
    policy: 'strict',
    lifeMs: 2e9,
    parent: '',
    audience: [],
    scope: '',
  };
  const session = { id: `${name}-${id}`, ...who, ...rules, device: '', address: '', salt: 's', claims: {} };
  return store.issue({ ...who, session, ...(await begin()) });
}

async function refreshOn(id) {
  await login(id);
  for (let generation = 0; Date.now() < until; ) {
    try {
      const reply = await store.refresh({ session: `${name}-${id}`, generation, ...(await begin()) });
      if ('refused' in reply) throw new Error(reply.refused);
      generation = reply.session.c;
      answered += 1;
    } catch (error) {
      errors.push(error.message);
    }
  }
}
await Promise.all(Array.from({ length: 8 }, (_, id) => refreshOn(id)));
await store.close();
process.stdout.write(JSON.stringify({ answered, errors: errors.length, first: errors[0] }));
