/** What compiles and, above all, what must not: each `@ts-expect-error` is a misuse that the types stop. */
import {
  type Claims,
  combineVerifiers,
  createKeySet,
  createSigner,
  createVerifier,
  decode,
  type ExternalKey,
  externalKey,
  importJwk,
  type PublicKey,
  privateKey,
  publicKey,
  remoteKeySet,
  type SigningKey,
  secretKey,
  type VerificationKey,
  type Verified,
} from 'revocable';
import { signJws, verifyJws } from 'revocable/jose';

declare const signing: SigningKey;
declare const publicHalf: PublicKey;
declare const external: ExternalKey;
declare const token: string;
const any = { issuer: null, audience: null } as const;

/** Compiles only when the two types are the same. */
function same<Expected>(): <Actual>(
  value: Actual,
  ...unequal: [Expected] extends [Actual] ? ([Actual] extends [Expected] ? [] : [never]) : [never]
) => void {
  return () => {};
}

// A key is what a function of this library made, and of the right kind.
createVerifier({ keys: [signing, publicHalf, external], ...any });
createVerifier({ keys: remoteKeySet('https://a.example/'), ...any });
createVerifier({ keys: createKeySet([publicHalf]), ...any });
// @ts-expect-error a text is no key
createVerifier({ keys: 'secret', ...any });
// @ts-expect-error nor are bytes
createVerifier({ keys: new Uint8Array(32), ...any });
// @ts-expect-error nor is a literal of a key's shape
createVerifier({ keys: { type: 'secret', alg: 'HS256', kid: undefined }, ...any });
createSigner({ key: signing, expiresIn: '5m' });
createSigner({ key: external, expiresIn: null });
createSigner({ key: createKeySet(), expiresIn: 300 });
// @ts-expect-error a public key does not sign
createSigner({ key: publicHalf, expiresIn: '5m' });
// @ts-expect-error an external key has no synchronous signature
signJws('x', { key: external });
// @ts-expect-error a bare string does not say how a secret is written
secretKey('HS256', 'secret');
// @ts-expect-error HMAC takes a secret
privateKey('HS256', 'pem');
// @ts-expect-error and a key pair's algorithm none
secretKey('RS256', new Uint8Array(32));
// @ts-expect-error there is no such algorithm
publicKey('none', 'pem');
// @ts-expect-error a signature comes by promise
externalKey('ES256', 'pem', () => new Uint8Array());
const imported = importJwk({ kty: 'EC' });
if (imported.type === 'public') same<PublicKey>()(imported);
else same<SigningKey>()(imported);

// What is dangerous to forget cannot be left out.
// @ts-expect-error issuer
createVerifier({ keys: signing, audience: null });
// @ts-expect-error audience
createVerifier({ keys: signing, issuer: null });
// @ts-expect-error expiresIn
createSigner({ key: signing });
// @ts-expect-error "900": of seconds, or of what?
createSigner({ key: signing, expiresIn: '900' });
// @ts-expect-error no regular expressions
createVerifier({ keys: signing, issuer: /x/, audience: null });
// @ts-expect-error an option that is not one
createVerifier({ keys: signing, ...any, algorithm: ['HS256'] });

// Only a verifier makes a Verified.
const verifier = createVerifier({ keys: signing, ...any });
const proved = verifier.verifySync(token);
const takesProof = (verified: Verified): unknown => verified.claims;
takesProof(proved);
const checked = verifier.check(token);
if (checked.ok) takesProof(checked);
else same<'refresh' | 'login' | 'retry' | 'none'>()(checked.action);
// @ts-expect-error a refusal is no proof
takesProof(checked);
// @ts-expect-error what was only decoded is not proved
takesProof(decode(token));
// @ts-expect-error nor is a literal
takesProof({ header: { alg: 'HS256' }, claims: {}, key: { kid: undefined, alg: 'HS256' } });
// @ts-expect-error nor a copy
takesProof({ ...decode(token), key: proved.key });
// @ts-expect-error nor a promise of one
takesProof(verifier.verify(token));
// @ts-expect-error nor a JWS
takesProof(verifyJws(token, { keys: signing }));
// @ts-expect-error verified claims stay as they are
verifier.verifySync(token).claims.sub = 'root';
// @ts-expect-error so does the key's name
verifier.verifySync(token).key.kid = 'other';

// DPoP: the proof comes with its request, or not at all.
const dpop = { proof: token, method: 'GET', url: 'https://api.example/' };
takesProof(verifier.verifySync(token, { dpop }));
verifier.check(token, { dpop: { ...dpop, proof: undefined } });
verifier.check(token, { dpop: undefined });
createVerifier({ keys: signing, ...any, dpop: null });
createVerifier({ keys: signing, ...any, dpop: { window: '30s', nonceSecret: [token, new Uint8Array(32)] } });
// @ts-expect-error a proof alone says nothing of the request
verifier.verifySync(token, { dpop: { proof: token } });
// @ts-expect-error nor does the bare header
verifier.verifySync(token, { dpop: token });
// @ts-expect-error it is no option of the verifier
createVerifier({ keys: signing, ...any, dpop });
// @ts-expect-error not checked by forgetting: an explicit null
createVerifier({ keys: signing, ...any, dpop: false });

// Types of claims.
same<string | undefined>()(proved.claims.sub);
same<unknown>()(proved.claims['role']);
const required = createVerifier({ keys: signing, ...any, requiredClaims: ['sub', 'role'] }).verifySync(token);
same<string>()(required.claims.sub);
takesProof(required);

interface Mine {
  readonly sub: string;
  readonly role: 'admin' | 'user';
}
declare const schema: {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => { readonly value: Mine } | { readonly issues: readonly { message: string }[] };
  };
};
const typed = createVerifier({ keys: signing, ...any, schema });
same<Mine>()(typed.verifySync(token).claims);
const both = combineVerifiers(typed, verifier);
same<Mine | Claims>()(both.verifySync(token).claims);

// Serializations.
same<string>()(signJws('x', { key: signing }));
same<string>()(signJws('x', { key: signing, serialization: 'flattened' }).signature);

export const kept: VerificationKey = signing;
