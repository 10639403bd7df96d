/** Project Wycheproof, JOSE and raw signatures, read from where the vectors lie beside the repository. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createKeySet, importJwk, type Jwk, type Jwks, publicKey, secretKey } from 'revocable';
import { type AsymmetricAlg, verifyJws } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { materialOf } from '#jose/key';
import { checkBytes } from '#jose/signature';
import { has } from '../jose/runtime.ts';

const folder = new URL('../../../../../shared/vectors/wycheproof/', import.meta.url);

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly jws?: string;
  readonly msg?: string;
  readonly sig?: string;
  readonly key?: string;
  readonly tag?: string;
  readonly ctx?: string;
}
interface Group {
  readonly tests: readonly Case[];
  readonly private?: Jwk & Partial<Jwks>;
  readonly public?: Jwk & Partial<Jwks>;
  readonly publicKeyDer?: string;
  readonly publicKey?: string | { readonly pk?: string };
  readonly mgf?: string;
  readonly mgfSha?: string;
  readonly sha?: string;
  readonly sLen?: number;
  readonly tagSize?: number;
}

/**
 * Defects of the file, not of the token: 367 and 370 are byte for byte the valid 357; 372 and 373 are called valid with a
 * "?" in a segment; 346, 347, 350 and 351 are called valid though the key's "alg" is another one or none at all.
 */
const DEFECTS: Readonly<Record<string, readonly number[]>> = {
  json_web_signature_test: [346, 347, 350, 351, 367, 370, 372, 373],
};

const read = (path: string): readonly Group[] =>
  (JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as { testGroups: readonly Group[] }).testGroups;

const isAccepted = (attempt: () => unknown): boolean => {
  try {
    attempt();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(TOKEN|KEY|JWKS)_/) });
    return false;
  }
};

function joseSuite(name: string): void {
  const cases = read(`jose/${name}.json`).flatMap(group => group.tests.map(one => ({ group, one })));
  const ours = cases.filter(({ one }) => one.jws !== undefined && !DEFECTS[name]?.includes(one.tcId));
  describe(`${name}: ${ours.length} of ${cases.length}`, () => {
    test.each(ours.map(({ group, one }) => [one.tcId, one.comment, one.result, group, one] as const))(
      '%i %s is %s',
      (_id, _comment, result, group, one) => {
        const jwk = (group.public ?? group.private) as Jwk & Partial<Jwks>;
        const verify = () => {
          const keys = jwk.keys === undefined ? importJwk(jwk) : createKeySet(jwk as unknown as Jwks);
          return verifyJws(one.jws as string, { keys, serialization: 'compact' });
        };
        expect(isAccepted(verify)).toBe(result === 'valid');
      },
    );
  });
}

/** The algorithm of a raw file, from its name. */
const RAW: readonly (readonly [RegExp, (match: RegExpMatchArray) => string])[] = [
  [/^ecdsa_secp256r1_/, () => 'ES256'],
  [/^ecdsa_secp384r1_/, () => 'ES384'],
  [/^ecdsa_secp521r1_/, () => 'ES512'],
  [/^ecdsa_secp256k1_/, () => 'ES256K'],
  [/^ed25519_test/, () => 'Ed25519'],
  [/^ed448_test/, () => 'Ed448'],
  [/^rsa_signature_\d+_sha(\d+)_test/, match => `RS${match[1]}`],
  [/^rsa_pss_\d+_sha256_mgf1_32_/, () => 'PS256'],
  [/^rsa_pss_\d+_sha384_mgf1_48_/, () => 'PS384'],
  [/^rsa_pss_\d+_sha512_mgf1_64_/, () => 'PS512'],
  [/^hmac_sha(\d+)_test/, match => `HS${match[1]}`],
  [/^mldsa_(\d+)_verify_test/, match => `ML-DSA-${match[1]}`],
];

function rawAlg(file: string): string | undefined {
  for (const [pattern, alg] of RAW) {
    const match = file.match(pattern);
    if (match) return alg(match);
  }
  return undefined;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

function proves(alg: string, group: Group, one: Case): boolean {
  const key = alg.startsWith('HS')
    ? secretKey(alg as 'HS256', hex(one.key ?? ''), { allowWeak: true })
    : publicKey(alg as AsymmetricAlg, groupKey(alg, group));
  const signature = hex((one.sig ?? one.tag) as string).toString('base64url');
  return checkBytes(materialOf(key), hex(one.msg ?? ''), signature);
}

function groupKey(alg: string, group: Group): Buffer | Jwk {
  if (group.publicKeyDer !== undefined) return hex(group.publicKeyDer);
  const pub = typeof group.publicKey === 'string' ? group.publicKey : (group.publicKey?.pk ?? '');
  return { kty: 'AKP', alg, pub: hex(pub).toString('base64url') };
}

function rawSuite(file: string, alg: string): void {
  const groups = read(`raw/${file}`);
  test(`${alg} by ${file}`, () => {
    const wrong: string[] = [];
    let count = 0;
    for (const group of groups) {
      if (group.tagSize !== undefined && group.tagSize !== Number(alg.slice(2))) continue;
      for (const one of group.tests) {
        // RFC 9964: the context of ML-DSA in JOSE is empty.
        if (one.ctx) continue;
        count++;
        let accepted = false;
        try {
          accepted = proves(alg, group, one);
        } catch (error) {
          expect(error).toMatchObject({ name: 'KeyError' });
        }
        if (one.result !== 'acceptable' && accepted !== (one.result === 'valid'))
          wrong.push(`${one.tcId} ${one.comment}: ${one.result}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(0);
  });
}

if (existsSync(folder)) {
  for (const name of ['json_web_signature_test', 'json_web_key_test', 'json_web_crypto_test'])
    joseSuite(name);
  describe('raw signatures', () => {
    const files = readdirSync(new URL('raw/', folder)).map(file => [file, rawAlg(file)] as const);
    for (const [file, alg] of files) if (alg !== undefined && has(alg)) rawSuite(file, alg);
  });
} else {
  console.log('Wycheproof is not beside this repository: its tests are not among these.');
  test('the RFC vectors stand in for Wycheproof', () => {
    expect(existsSync(new URL('rfc.json', import.meta.url))).toBe(true);
  });
}
