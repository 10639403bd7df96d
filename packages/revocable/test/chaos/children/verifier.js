// A verifier that checks one token every few milliseconds and says when the verdict changes, with the time of the check.
// Words: folder, maxStaleness in seconds, JWK Set, token.
import { createKeySet, createVerifier, followRevocations } from 'revocable';

const [, , folder, maxStaleness, jwks, token] = process.argv;
const revocation = await followRevocations(`file:${folder}`, { maxStaleness: Number(maxStaleness) });
const verifier = createVerifier({
  keys: createKeySet(JSON.parse(jwks)),
  issuer: 'https://auth.example',
  audience: 'api',
  revocation,
});
let verdict;
function check() {
  const { ok, code } = verifier.check(token);
  const now = ok ? 'passes' : code;
  if (now !== verdict) process.stdout.write(`${Date.now()} ${now}\n`);
  verdict = now;
}
setInterval(check, 2);
