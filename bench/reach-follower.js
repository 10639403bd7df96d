/** One process of verifiers: says when each of its replicas first refused the token it was told of. */
import { createKeySet, createVerifier, followRevocations } from 'revocable';

const { address, replicas, jwks, issuer, audience } = JSON.parse(process.argv[2]);
const now = () => performance.timeOrigin + performance.now();

const followed = await Promise.all(Array.from({ length: replicas }, () => followRevocations(address)));
const verifiers = followed.map(revocation =>
  createVerifier({ keys: createKeySet(jwks), issuer, audience, revocation, cache: true }),
);
process.on('message', expectRevocation);
process.send({ ready: true });

/** Says that the token still passes, which also proves its signature once for all; later, when every replica has refused it. */
function expectRevocation({ token }) {
  const passing = verifiers.every(verifier => verifier.check(token).ok);
  if (!passing) return process.send({ failed: 'The token is refused before it was revoked.' });
  void Promise.all(followed.map((revocation, i) => refusal(revocation, verifiers[i], token))).then(
    refusedAt => process.send({ refusedAt }),
  );
  process.send({ ready: true });
}

function refusal(revocation, verifier, token) {
  return new Promise(resolve => {
    const stop = revocation.onRevoked(() => {
      if (verifier.check(token).code !== 'ERR_TOKEN_REVOKED') return;
      stop();
      resolve(now());
    });
  });
}
