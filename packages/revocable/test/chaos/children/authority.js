// An authority on a store. Each line on stdin is an order, each line on stdout its answer, as JSON.
// Words: address of the store, its root secret, milliseconds by which this machine's clock is wrong.
import { createInterface } from 'node:readline';
import { createAuthority, createKeySet, createVerifier, followRevocations, openStore } from 'revocable';

const [, , address, secret, wrongBy = '0'] = process.argv;
const clock = () => Date.now() + Number(wrongBy);
const names = { issuer: 'https://auth.example', audience: 'api' };
const store = await openStore(address, address.startsWith('file:') ? { clock } : {});
const authority = await createAuthority({ store, secret, ...names, signing: { alg: 'ES256' }, clock });
const revocation = await followRevocations(address, { clock });
const jwks = createKeySet(authority.jwks());
const verifier = createVerifier({ keys: jwks, ...names, revocation, clock });

const orders = {
  issue: order => authority.issue(order),
  refresh: ({ token }) => authority.refresh(token),
  revoke: target => authority.revoke(target),
  check: ({ token }) => {
    const { ok, code } = verifier.check(token);
    return { ok, code };
  },
};

process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, order] = JSON.parse(line);
  let answer;
  try {
    answer = await orders[name](order);
  } catch (error) {
    answer = { failed: error.code ?? error.name, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
