import { createClient } from 'revocable/browser';
import { urls } from '/places.js';

const client = createClient({
  refreshUrl: `${urls.auth}/refresh`,
  loginUrl: `${urls.auth}/login`,
  logoutUrl: `${urls.auth}/logout`,
  origins: [urls.orders, urls.stock],
});
const at = id => document.getElementById(id);

async function call(name) {
  const answer = await client.fetch(urls[name]);
  const body = await answer.json();
  at(name).textContent = answer.ok
    ? `hello ${body.hello}: ${JSON.stringify(body[name])}`
    : body.error_description;
  at(name).className = `answer ${answer.ok ? 'good' : 'bad'}`;
  say(`${name} answered ${answer.status}`);
  return body;
}

async function callBoth() {
  const [{ hello }] = await Promise.all([call('orders'), call('stock')]);
  at('who').textContent = `Signed in as ${hello}.`;
}

async function takeBack() {
  const { subject } = await client.session();
  const { applied } = await (await fetch(`/take-back/${subject}`, { method: 'POST' })).json();
  say(`taken back: applied by ${applied.applied} of ${applied.live} in ${applied.ms} ms`);
  await callBoth();
}

function say(text) {
  const line = document.createElement('li');
  line.textContent = `${new Date().toISOString().slice(11, 23)}  ${text}`;
  at('log').prepend(line);
}

at('call').onclick = callBoth;
at('sign-out').onclick = () => client.logout();
at('take-back').onclick = () => at('confirm').showModal();
at('confirm').onclose = () => at('confirm').returnValue === 'go' && takeBack();
await callBoth();
