/** Eleven steps over real sockets; each line appears when its step is done, with this run's figures. */
import { urls } from './places.js';

const PASSWORD = 'ada-loves-engines';

export async function play(adminPassword) {
  const admin = await signIn('admin', adminPassword);
  const subject = await makeAda(admin.cookie);

  const first = await timed(() => signIn('ada', PASSWORD));
  line(1, 'sign in as ada', first.status, 'device "demo"', first.ms);
  const renewed = await timed(() => refresh(first.cookie));
  line(2, 'refresh', renewed.status, `access token, ${renewed.body.expires_in / 60} min`, renewed.ms);
  const old = renewed.body.access_token;
  const orders = await timed(() => call('orders', old));
  line(3, 'orders', orders.status, `hello ${orders.body.hello}`, orders.ms);
  const stock = await timed(() => call('stock', old));
  line(4, 'stock', stock.status, `hello ${stock.body.hello}`, stock.ms);

  const order = { target: { subject }, reason: 'demo' };
  const taken = await adminPost('/admin/api/revocations', order, admin.cookie);
  const takenAt = performance.now();
  const { applied, live, ms } = taken.body.applied;
  line(
    5,
    'take ada back (access + refresh)',
    taken.status,
    `applied by ${applied} of ${live} in ${round(ms)} ms`,
  );
  const ordersAgain = await timed(() => call('orders', old));
  line(6, 'orders, same token', ordersAgain.status, refusal(ordersAgain), ordersAgain.ms);
  const stockAgain = await timed(() => call('stock', old));
  line(7, 'stock, same token', stockAgain.status, refusal(stockAgain), stockAgain.ms);
  const dead = await timed(() => refresh(first.cookie));
  line(8, 'refresh, same session', dead.status, `${dead.body.error} → ${dead.body.action}`, dead.ms);

  const second = await timed(() => signIn('ada', PASSWORD));
  const since = ((performance.now() - takenAt) / 1000).toFixed(1);
  line(9, 'sign in again', second.status, `${since} s after step 5`, second.ms);
  const { body } = await refresh(second.cookie);
  const both = [await call('orders', body.access_token), await call('stock', body.access_token)];
  line(10, 'orders and stock, new token', same(both), `hello ${both[0].body.hello}`);
  const oldAgain = [await call('orders', old), await call('stock', old)];
  line(11, 'the old token again', same(oldAgain), 'for good');

  const [{ body: o }, { body: s }] = await Promise.all([figuresOf('orders'), figuresOf('stock')]);
  const after = ({ cutCountsAfterMs }) => `${cutCountsAfterMs.toFixed(1)} ms`;
  const perCheck = (o.networkCalls + s.networkCalls) / (o.requests + s.requests);
  console.log(
    `revoked → refused: orders ${after(o)}, stock ${after(s)} · network calls per check: ${perCheck}`,
  );
}

/** What a service counted: its own network calls, and how long after it was written the cut counted there. */
const figuresOf = name => json(`${urls[name]}/figures`);

async function makeAda(cookie) {
  const made = await adminPost('/admin/api/users', { username: 'ada', password: PASSWORD }, cookie);
  if (made.status !== 201) throw new Error(`The demo could not make ada: ${JSON.stringify(made.body)}`);
  return made.body.subject;
}

async function signIn(username, password) {
  const form = new URLSearchParams({ username, password });
  const answer = await send(`${urls.auth}/login`, { method: 'POST', body: form, redirect: 'manual' });
  return { status: answer.status, cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] };
}

const refresh = cookie => json(`${urls.auth}/refresh`, { method: 'POST', headers: { Cookie: cookie } });

const adminPost = (path, body, cookie) => {
  const headers = { Cookie: cookie, 'Content-Type': 'application/json' };
  return json(urls.auth + path, { method: 'POST', headers, body: JSON.stringify(body) });
};

const call = (name, token) => json(urls[name], { headers: { Authorization: `Bearer ${token}` } });

async function json(url, init) {
  const answer = await send(url, init);
  return { status: answer.status, body: await answer.json() };
}

const send = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, 'User-Agent': 'demo' } });

async function timed(step) {
  const from = performance.now();
  const result = await step();
  return { ...result, ms: performance.now() - from };
}

const refusal = ({ body }) => `${body.error_description} → ${body.action}`;
const same = answers =>
  new Set(answers.map(({ status }) => status)).size === 1 ? answers[0].status : 'differ';
const round = ms => Math.max(1, Math.round(ms));

function line(number, what, status, note, ms) {
  const time = ms === undefined ? '' : `${round(ms)} ms`.padStart(5);
  console.log(
    `${String(number).padStart(2)}  ${what.padEnd(35)}${status}   ${note.padEnd(26)}${time}`.trimEnd(),
  );
}
