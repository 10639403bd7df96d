/** Mutations of what the three parts of a token spell: header members, claims, signature octets. */
import type { Alg } from 'revocable';
import { algorithms } from 'revocable/jose';
import { type CURVES, findAlgorithm } from '#jose/algorithms';
import type { Rng } from './random.ts';

/** A compact token in parts, and another one of the same run to splice with. */
export interface Parts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}
export type PartMutation = (parts: Parts, rng: Rng, other: Parts, alg: Alg) => Parts;

export const encode = (data: string | Uint8Array): string =>
  Buffer.from(data as string).toString('base64url');
export const decode = (segment: string): string => Buffer.from(segment, 'base64url').toString('utf8');

export function partsOf(token: string): Parts {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header, payload, signature };
}
export const joined = ({ header, payload, signature }: Parts): string => `${header}.${payload}.${signature}`;

/** Names of algorithms, true ones and near misses. */
const ALG_NAMES: readonly unknown[] = [
  ...algorithms,
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    'n\u043ene',
    'hs256',
    'HS256 ',
    ' HS256',
    'HS256\0',
    'HS1',
    'RS1',
    'A128GCM',
    'dir',
  ],
  ...[
    '\uff28S256',
    'HS\u0662\u0665\u0666',
    'constructor',
    '__proto__',
    'toString',
    'ES256k',
    'ed25519',
    'EDDSA',
    '',
  ],
  ...[null, 0, true, [], ['HS256'], {}, { toString: 'HS256' }],
];
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1e308',
  '1e999',
  '-1e999',
  '9007199254740993',
  '4000000000.5',
  '1E2',
  '0.1e-400',
  '00',
  '0x10',
  'NaN',
  'Infinity',
];
const MEMBERS: readonly (readonly [string, unknown])[] = [
  ...([null, [], ['exp'], ['x'], ['x', 'x'], ['b64'], ['alg'], 'x', {}, [1]] as const).map(
    crit => ['crit', crit] as const,
  ),
  ...([false, true, 'false', 0, null] as const).map(value => ['b64', value] as const),
  ...(['JWT', 'jwt', 'at+jwt', 'dpop+jwt', 'JWE', '', null, 1, ['JWT']] as const).map(
    typ => ['typ', typ] as const,
  ),
  ...(['', 'other', '../../dev/null', "' OR 1=1 --", null, 7, ['k'], {}] as const).map(
    kid => ['kid', kid] as const,
  ),
  ['jku', 'http://127.0.0.1:9/jwks'],
  ['x5u', 'http://127.0.0.1:9/x'],
  ['x5c', ['AAAA']],
  ['jwk', { kty: 'oct', k: 'AAAA' }],
  ['zip', 'DEF'],
  ['enc', 'A256GCM'],
  ['cty', 'JWT'],
  ['exp', 1],
];

/** A member added in front or behind, so that a name may stand twice; without parsing, as an attacker writes it. */
function withMember(json: string, name: string, value: string, rng: Rng): string {
  const member = `${JSON.stringify(name)}:${value}`;
  const body = json.trim().slice(1, -1);
  return rng.below(2) === 0 ? `{${member},${body}}` : `{${body},${member}}`;
}

/** The same JSON in another spelling. */
function respelt(json: string, rng: Rng): string {
  const escaped = json.replace(/[a-z]/, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return rng.pick([
    ` ${json}`,
    `${json}\n`,
    json.replace(':', ': '),
    escaped,
    `\ufeff${json}`,
    `${json}\0`,
    json.replace('}', ',}'),
    `[${json}]`,
    JSON.stringify(json),
  ]);
}

const withHeader = (parts: Parts, json: string): Parts => ({ ...parts, header: encode(json) });
const withPayload = (parts: Parts, json: string): Parts => ({ ...parts, payload: encode(json) });

/** One of the three parts, changed. */
function onePart(parts: Parts, rng: Rng, change: (part: string) => string): Parts {
  const name = rng.pick(['header', 'payload', 'signature'] as const);
  return { ...parts, [name]: change(parts[name]) };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Other spellings that lenient decoders read as the same octets. */
function otherBase64(part: string, rng: Rng): string {
  const at = rng.below(part.length + 1);
  const last = ALPHABET.indexOf(part.at(-1) ?? 'A');
  return rng.pick([
    `${part}=`,
    part.padEnd(Math.ceil(part.length / 4) * 4, '='),
    part.replaceAll('-', '+').replaceAll('_', '/'),
    part.slice(0, -1) + ALPHABET[last ^ (1 + rng.below(15))],
    part.slice(0, at) + rng.pick(['\n', '\r\n', ' ', '=', '%', '\0', '!']) + part.slice(at),
    `${part}A`,
    part.slice(0, -1),
    Buffer.from(part, 'base64url').toString('hex'),
  ]);
}

const octets = (parts: Parts): Buffer => Buffer.from(parts.signature, 'base64url');
const withOctets = (parts: Parts, signature: Uint8Array): Parts => ({
  ...parts,
  signature: encode(signature),
});

/** The order of the group that an elliptic curve's signatures live in. */
const ORDERS: Readonly<Record<string, bigint>> = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  Ed25519: 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn,
  Ed448:
    0x3fffffffffffffffffffffffffffffffffffffffffffffffffffffff7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3n,
};

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
/** Big-endian, cut to the room there is. */
const fromBigInt = (value: bigint, length: number): Buffer =>
  Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );

export function curveOf(alg: Alg): keyof typeof CURVES | undefined {
  return findAlgorithm(alg)?.curves[0];
}

/** The only other signature that verifies without the key: (r, n - s), which RFC 7518 section 3.4 allows. */
export function ecdsaTwin(signature: Uint8Array, alg: Alg): Buffer {
  const half = signature.length / 2;
  const order = ORDERS[curveOf(alg) ?? ''] ?? 0n;
  const s = toBigInt(signature.subarray(half));
  return Buffer.concat([signature.subarray(0, half), fromBigInt(order - s, half)]);
}

/** r and s, or R and S, at the edges of their range; for the others, octets of one value. */
function edgeOfRange(parts: Parts, rng: Rng, alg: Alg): Parts {
  const bytes = octets(parts);
  const curve = curveOf(alg);
  if (curve === undefined)
    return withOctets(parts, Buffer.alloc(bytes.length, rng.pick([0, 1, 0x7f, 0x80, 0xff])));
  const half = Math.ceil(bytes.length / 2);
  const order = ORDERS[curve] ?? 0n;
  const isLittle = findAlgorithm(alg)?.scheme === 'pure';
  const old = isLittle ? Buffer.from(bytes.subarray(half)).reverse() : bytes.subarray(half);
  const value = rng.pick([
    0n,
    1n,
    order - 1n,
    order,
    order + 1n,
    -1n,
    order - toBigInt(old),
    order + toBigInt(old),
  ]);
  const written = fromBigInt(value, bytes.length - half);
  if (isLittle) written.reverse();
  return withOctets(
    parts,
    rng.pick([
      Buffer.concat([bytes.subarray(0, half), written]),
      Buffer.concat([written.subarray(0, half), bytes.subarray(half)]),
      Buffer.concat([written, written]),
    ]),
  );
}

export const PART_MUTATIONS: Readonly<Record<string, PartMutation>> = {
  'header: another algorithm': (parts, rng) =>
    withHeader(parts, JSON.stringify({ ...JSON.parse(decode(parts.header)), alg: rng.pick(ALG_NAMES) })),
  'header: another algorithm, no signature': (parts, rng) => ({
    ...withHeader(parts, JSON.stringify({ alg: rng.pick(ALG_NAMES), typ: 'JWT' })),
    signature: rng.pick(['', 'AA', parts.signature]),
  }),
  'header: a member more, perhaps a second time': (parts, rng) => {
    const [name, value] = rng.pick(MEMBERS);
    return withHeader(parts, withMember(decode(parts.header), name, JSON.stringify(value), rng));
  },
  'header: alg a second time': (parts, rng) =>
    withHeader(parts, withMember(decode(parts.header), 'alg', JSON.stringify(rng.pick(ALG_NAMES)), rng)),
  'header: another spelling of the same JSON': (parts, rng) =>
    withHeader(parts, respelt(decode(parts.header), rng)),
  'header: a member named __proto__': (parts, rng) =>
    withHeader(parts, withMember(decode(parts.header), '__proto__', '{"alg":"none"}', rng)),
  'header: of another token': (parts, _rng, other) => ({ ...parts, header: other.header }),
  'payload: a claim more, perhaps a second time': (parts, rng) => {
    const name = rng.pick([
      'sub',
      'exp',
      'nbf',
      'iat',
      'aud',
      'iss',
      'admin',
      '__proto__',
      '\u0000',
      's\u0443b',
    ]);
    return withPayload(
      parts,
      withMember(decode(parts.payload), name, rng.pick([...NUMBERS, '"admin"', 'null', '[]', '{}']), rng),
    );
  },
  'payload: another spelling of the same JSON': (parts, rng) =>
    withPayload(parts, respelt(decode(parts.payload), rng)),
  'payload: deep or wide': (parts, rng) => {
    const depth = 1 + rng.below(3000);
    return withPayload(
      parts,
      rng.pick([
        `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`,
        `{"a":"${'x'.repeat(depth)}"}`,
        '{"a":'.repeat(depth),
      ]),
    );
  },
  'payload: octets that are no UTF-8': (parts, rng) => ({
    ...parts,
    payload: encode(Buffer.concat([Buffer.from('{"a":"'), rng.bytes(1 + rng.below(6)), Buffer.from('"}')])),
  }),
  'payload: of another token': (parts, _rng, other) => ({ ...parts, payload: other.payload }),
  'part: another base64': (parts, rng) => onePart(parts, rng, part => otherBase64(part, rng)),
  'part: one bit of one octet': (parts, rng) =>
    onePart(parts, rng, part => {
      const bytes = Buffer.from(part, 'base64url');
      const at = rng.below(bytes.length);
      if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << rng.below(8));
      return encode(bytes);
    }),
  'part: octets come or go': (parts, rng) =>
    onePart(parts, rng, part => {
      const bytes = Buffer.from(part, 'base64url');
      const at = rng.below(bytes.length + 1);
      const more = rng.pick([Buffer.alloc(1), rng.bytes(1), Buffer.alloc(0)]);
      return encode(Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + rng.below(2))]));
    }),
  'part: empty': (parts, rng) => onePart(parts, rng, () => ''),
  'part: two change places': ({ header, payload, signature }, rng) =>
    rng.pick([
      { header: payload, payload: header, signature },
      { header, payload: signature, signature: payload },
      { header: signature, payload, signature: header },
    ]),
  'signature: of another token': (parts, _rng, other) => ({ ...parts, signature: other.signature }),
  'signature: at the edges of its range': (parts, rng, _other, alg) => edgeOfRange(parts, rng, alg),
  'signature: in DER': (parts, rng) => {
    const half = octets(parts).length / 2;
    const integer = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
    const body = Buffer.concat([
      integer(octets(parts).subarray(0, half)),
      integer(octets(parts).subarray(half)),
    ]);
    return withOctets(
      parts,
      Buffer.concat([
        Buffer.from(
          rng.pick([
            [0x30, body.length & 255],
            [0x30, 0x80],
          ]),
        ),
        body,
      ]),
    );
  },
  'signature: of another length': (parts, rng) =>
    withOctets(
      parts,
      rng.pick([
        Buffer.concat([Buffer.alloc(1), octets(parts)]),
        octets(parts).subarray(1),
        octets(parts).subarray(0, 20),
        Buffer.alloc(0),
        Buffer.concat([octets(parts), octets(parts)]),
      ]),
    ),
  'signature: any octets': (parts, rng) => withOctets(parts, rng.bytes(octets(parts).length)),
};
