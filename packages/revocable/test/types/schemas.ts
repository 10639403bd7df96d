/** Claims have the type of the schema's output, of zod and of valibot, and a schema that answers by promise alone compiles too. */
import { type Claims, combineVerifiers, createVerifier, type PublicKey, type Verified } from 'revocable';
import * as v from 'valibot';
import { z } from 'zod';

declare const key: PublicKey;
declare const token: string;
const options = { keys: key, issuer: 'https://auth.example', audience: 'api' } as const;

/** Compiles only when the two types are the same. */
function same<Expected>(): <Actual>(
  value: Actual,
  ...unequal: [Expected] extends [Actual] ? ([Actual] extends [Expected] ? [] : [never]) : [never]
) => void {
  return () => {};
}

interface Mine {
  sub: string;
  role: 'admin' | 'user';
  tags: string[];
}
const ofZod = z.object({
  sub: z.string(),
  role: z.enum(['admin', 'user']).default('user'),
  tags: z.string().transform(text => text.split(' ')),
});
const ofValibot = v.object({
  sub: v.string(),
  role: v.optional(v.picklist(['admin', 'user']), 'user'),
  tags: v.pipe(
    v.string(),
    v.transform(text => text.split(' ')),
  ),
});

const byZod = createVerifier({ ...options, schema: ofZod });
const byValibot = createVerifier({ ...options, schema: ofValibot });
for (const verifier of [byZod, byValibot]) {
  const { claims, tokenClaims } = verifier.verifySync(token);
  same<Mine>()(claims);
  same<Claims | undefined>()(tokenClaims);
  // @ts-expect-error the schema has made a list of it
  same<string>()(claims.tags);
  // @ts-expect-error the schema does not keep it
  void claims.iss;
  const result = verifier.check(token);
  if (result.ok) same<Mine>()(result.claims);
  // @ts-expect-error only where it is accepted
  void result.claims;
}
same<Mine>()((await byZod.verify(token)).claims);
same<Mine | Claims>()(
  combineVerifiers(byZod, createVerifier({ ...options, issuer: 'b' })).verifySync(token).claims,
);

// Only a verifier makes the proof.
const takesProof = (_proof: Verified<Mine>): void => {};
takesProof(byZod.verifySync(token));
// @ts-expect-error what a schema made of anything is none
takesProof({ header: { alg: 'ES256' }, claims: ofZod.parse({}), key: { kid: undefined, alg: 'ES256' } });
// @ts-expect-error nor is what another schema made
takesProof(createVerifier({ ...options, schema: z.object({ sub: z.string() }) }).verifySync(token));

// @ts-expect-error a schema of a library before Standard Schema is none
createVerifier({ ...options, schema: { parse: (value: unknown) => value } });
