// A verifier that checks one token every few milliseconds and says when the verdict changes, with the time of the check; and the
// first verdict after it stood still.
// Words: address of the feed, maxStaleness in seconds, JWK Set, token.
import { createKeySet, createVerifier, followRevocations } from 'revocable';

const [, , address, maxStaleness, jwks, token] = process.argv;
const revocation = await followRevocations(address, { maxStaleness: Number(maxStaleness) });
const verifier = createVerifier({
  keys: createKeySet(JSON.parse(jwks)),
  issuer: 'https://auth.example',
  audience: 'api',
  revocation,
});
let verdict;
let last = Date.now();
function check() {
  const { ok, code } = verifier.check(token);
  const at = Date.now();
  const now = ok ? 'passes' : code;
  if (now !== verdict || at - last > 500) process.stdout.write(`${at} ${now}\n`);
  verdict = now;
  last = at;
}
setInterval(check, 2);
