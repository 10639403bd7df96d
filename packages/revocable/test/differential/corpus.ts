/** Valid, borderline and hostile tokens, each under the row of `docs/security/differences.md` that it belongs to. */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { exportPem, type SigningKey } from 'revocable';
import { keyOf } from '../jose/runtime.ts';
import { AUDIENCE, hmacMaterial, ISSUER, type Material, NOW, pairMaterial, type Question } from './judges.ts';

export interface Case extends Question {
  /** The row; `agreed` where all four say the same. */
  readonly row: string;
  readonly name: string;
}

function pairOf(alg: Exclude<Material['alg'], 'HS256'>): Material {
  const key = keyOf(alg) as SigningKey;
  const privateKey = createPrivateKey(exportPem(key, { private: true }));
  return pairMaterial(alg, privateKey, createPublicKey(exportPem(key)));
}

export const hs: Material = hmacMaterial(Buffer.alloc(32, 7));
export const rs: Material = pairOf('RS256');
export const es: Material = pairOf('ES256');
export const ed: Material = pairOf('EdDSA');
export const materials: readonly Material[] = [hs, rs, es, ed];

const b64 = (data: string | Uint8Array): string => Buffer.from(data as string).toString('base64url');
export const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'u1', iat: NOW - 10, exp: NOW + 300 };

const text = (part: unknown): string | Uint8Array =>
  typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);

/** Truly signed, whatever stands in it. */
export function forge(
  material: Material,
  payload: unknown,
  header: unknown = { alg: material.alg, typ: 'JWT' },
): string {
  const input = `${b64(text(header))}.${b64(text(payload))}`;
  return `${input}.${b64(material.sign(input))}`;
}

const withClaims = (more: object): string => forge(hs, { ...claims, ...more });
const withHeader = (more: object): string => forge(hs, claims, { alg: 'HS256', typ: 'JWT', ...more });
const payloadText = (json: string): string => forge(hs, json);
const of = (row: string, tokens: Readonly<Record<string, unknown>>, material: Material = hs): Case[] =>
  Object.entries(tokens).map(([name, token]) => ({ row, name, token, material }));

const good = forge(hs, claims);
const [head = '', body = '', mac = ''] = good.split('.');
const json = JSON.stringify(claims);
const inner = json.slice(1, -1);

/** The last character with other bits that belong to no octet. */
function strayBits(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) as string) + 1];
}
/** A payload whose base64url has characters of that alphabet alone, and whose length leaves bits over. */
const special = forge(hs, { ...claims, x: '???>>>~~~\u00ff\u00fb' });

function valid(): Case[] {
  return materials.flatMap(material =>
    of(
      'agreed',
      {
        plain: forge(material, claims),
        'no typ': forge(material, claims, { alg: material.alg }),
        'aud among others': forge(material, { ...claims, aud: ['x', AUDIENCE] }),
        'unicode claims': forge(material, { ...claims, name: 'J\u00fcrgen \u{1f511}' }),
        'a bit of the payload': `${forge(material, claims).replace('.e', '.f')}`,
        'no signature': `${forge(material, claims).split('.').slice(0, 2).join('.')}.`,
        'alg none': `${b64('{"alg":"none"}')}.${body}.`,
        'another issuer': forge(material, { ...claims, iss: 'x' }),
        'another audience': forge(material, { ...claims, aud: 'x' }),
        'an empty list of audiences': forge(material, { ...claims, aud: [] }),
        expired: forge(material, { ...claims, exp: NOW - 1 }),
        'not yet': forge(material, { ...claims, nbf: NOW + 60 }),
        'two parts': `${head}.${body}`,
        'four parts': `${forge(material, claims)}.x`,
        nothing: '',
        null: null,
        'no JSON': forge(material, 'x'),
      },
      material,
    ),
  );
}

function spellings(): Case[] {
  const es256 = forge(es, claims);
  return [
    ...of('stray bits', { 'of ES256': strayBits(es256) }, es),
    ...of('foreign characters', { 'behind ES256': `${es256}~` }, es),
    ...of('padding', {
      'after the signature': `${good}=`,
      'after each part': [head, body, mac]
        .map(part => part.padEnd(Math.ceil(part.length / 4) * 4, '='))
        .join('.'),
    }),
    ...of('stray bits', {
      'in the signature': `${head}.${body}.${strayBits(mac)}`,
    }),
    ...of('foreign characters', {
      'a space behind': `${good} `,
      'a new line behind': `${good}\n`,
      'a space in front': ` ${good}`,
      'inside the signature': `${head}.${body}.${mac.slice(0, 9)}!${mac.slice(9)}`,
      'a character whose low octet is the right one': `${good.slice(0, -1)}${String.fromCharCode(good.charCodeAt(good.length - 1) + 256)}`,
      'the other alphabet': special
        .split('.')
        .map((part, at) => (at === 2 ? part.replaceAll('-', '+').replaceAll('_', '/') : part))
        .join('.'),
    }),
  ];
}

const doubled = (first: string, second: string): string => payloadText(`{${first},${inner},${second}}`);

function headers(): Case[] {
  return [
    ...of('typ', {
      'dpop+jwt': withHeader({ typ: 'dpop+jwt' }),
      'logout+jwt': withHeader({ typ: 'logout+jwt' }),
      JWE: withHeader({ typ: 'JWE' }),
      empty: withHeader({ typ: '' }),
    }),
    ...of('header types', {
      'kid a number': withHeader({ kid: 1 }),
      'typ a list': withHeader({ typ: ['JWT'] }),
      'typ null': withHeader({ typ: null }),
      'cty a number': withHeader({ cty: 1 }),
    }),
    ...of('crit', {
      'with a member that nobody knows': withHeader({ crit: ['x-policy'], 'x-policy': 'mfa' }),
      'with exp': withHeader({ crit: ['exp'], exp: 1 }),
      empty: withHeader({ crit: [] }),
      'no list': withHeader({ crit: 'x' }),
      null: withHeader({ crit: null }),
      'that names what is not there': withHeader({ crit: ['x'] }),
      'with b64 true': withHeader({ crit: ['b64'], b64: true }),
    }),
    ...of('b64 alone', { false: withHeader({ b64: false }), true: withHeader({ b64: true }) }),
    ...of('doubled header members', {
      'alg twice': forge(hs, claims, '{"alg":"none","alg":"HS256"}'),
      'kid twice': forge(hs, claims, '{"alg":"HS256","kid":"a","kid":"b"}'),
      'alg escaped': forge(hs, claims, '{"\\u0061lg":"none","alg":"HS256"}'),
    }),
    ...of('__proto__', {
      'in the header': forge(hs, claims, '{"alg":"HS256","__proto__":{"x":1}}'),
      'in the claims': payloadText(`{${inner},"__proto__":{"admin":true}}`),
    }),
    ...of('agreed', {
      'alg in small letters': withHeader({ alg: 'hs256' }),
      'alg null': withHeader({ alg: null }),
      'alg a list': withHeader({ alg: ['HS256'] }),
      'no alg': forge(hs, claims, '{"typ":"JWT"}'),
      'a header of another algorithm': withHeader({ alg: 'HS384' }),
      'jku, jwk and x5u that nobody follows': withHeader({
        jku: 'http://127.0.0.1:9/',
        jwk: {},
        x5u: 'http://127.0.0.1:9/',
      }),
      'a header with white space': forge(hs, claims, ' {"alg" : "HS256"}\n'),
      'a header that is a list': forge(hs, claims, '[]'),
      'kid a path': withHeader({ kid: '../../dev/null' }),
    }),
  ];
}

function payloads(): Case[] {
  const bad = Buffer.concat([Buffer.from(`{${inner},"x":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  return [
    ...of('doubled claims', {
      'sub twice': doubled('"sub":"admin"', '"x":1'),
      'exp twice': doubled('"exp":1', '"x":1'),
      'deep inside': payloadText(`{${inner},"x":{"a":1,"a":2}}`),
    }),
    ...of('no UTF-8', { 'an octet that begins nothing': forge(hs, bad) }),
    ...of('byte order mark', {
      'before the claims': forge(hs, `\ufeff${json}`),
      'before the header': forge(hs, claims, '\ufeff{"alg":"HS256"}'),
    }),
    ...of('JSON in a string', { 'the claims as text': payloadText(JSON.stringify(json)) }),
    ...of('deep', { '200 lists': payloadText(`{${inner},"x":${'['.repeat(200)}${']'.repeat(200)}}`) }),
    ...of('size', { '20,000 characters': withClaims({ x: 'x'.repeat(20_000) }) }),
    ...of('agreed', {
      'a list': payloadText('[1]'),
      'a string': payloadText('"x"'),
      'a number': payloadText('1'),
      null: payloadText('null'),
      empty: payloadText(''),
      'white space around': payloadText(` ${json}\n`),
      'something behind': payloadText(`${json}x`),
      'a comma too many': payloadText(`{${inner},}`),
    }),
  ];
}

function missing(): Case[] {
  const token = withClaims({ iat: undefined });
  return [
    ...of('missing claims', {
      'no audience': withClaims({ aud: undefined }),
      'no issuer': withClaims({ iss: undefined }),
    }),
    { row: 'missing claims', name: 'no iat, with a limit of age', token, material: hs, maxAge: 60 },
  ];
}

function times(): Case[] {
  const aged = (row: string, name: string, iat: unknown, maxAge = 60): Case => ({
    row,
    name,
    token: withClaims({ iat }),
    material: hs,
    maxAge,
  });
  return [
    ...of('at the very second', { 'exp is now': withClaims({ exp: NOW }) }),
    ...of('no exp', { 'a token that never ends': withClaims({ exp: undefined }) }),
    ...of('dates of another type', {
      'exp a string': withClaims({ exp: '9999999999' }),
      'exp null': withClaims({ exp: null }),
      'exp a list': withClaims({ exp: [NOW + 60] }),
      'nbf a string': withClaims({ nbf: '1' }),
      'nbf null': withClaims({ nbf: null }),
      'iat a string': withClaims({ iat: 'yesterday' }),
      'iat null': withClaims({ iat: null }),
    }),
    ...of('dates out of range', {
      'exp in milliseconds': withClaims({ exp: NOW * 1000 }),
      'exp beyond every number': payloadText(`{${inner.replace(/"exp":\d+/, '"exp":1e999')}}`),
      'exp in the year 285,000': withClaims({ exp: 9e12 }),
      'nbf below zero': withClaims({ nbf: -1 }),
      'iat in milliseconds': withClaims({ iat: NOW * 1000 }),
    }),
    ...of('agreed', {
      'exp with a fraction': withClaims({ exp: NOW + 0.5 }),
      'nbf now': withClaims({ nbf: NOW }),
    }),
    aged('agreed', 'young enough', NOW - 59),
    aged('agreed', 'too old', NOW - 61),
    aged('at the very second', 'as old as it may be', NOW - 60),
    aged('issued in the future', 'iat in an hour, with a limit of age', NOW + 3600),
    ...of('agreed', { 'without a limit of age': withClaims({ iat: NOW + 3600 }) }),
  ];
}

function names(): Case[] {
  return [
    ...of('names of another type', {
      'sub a number': withClaims({ sub: 1 }),
      'sub a list': withClaims({ sub: ['u1'] }),
      'jti a number': withClaims({ jti: 7 }),
    }),
    ...of('audience of another type', { 'a number in the list': withClaims({ aud: [AUDIENCE, 1] }) }),
    ...of('agreed', {
      'the right one among others': withClaims({ iss: ['https://evil.example', ISSUER] }),
      'the right one alone': withClaims({ iss: [ISSUER] }),
    }),
    ...of('agreed', {
      'aud an object': withClaims({ aud: { api: true } }),
      'aud a number': withClaims({ aud: 1 }),
      'iss a number': withClaims({ iss: 1 }),
      'iss null': withClaims({ iss: null }),
      'a part of the issuer': withClaims({ iss: ISSUER.slice(0, -1) }),
    }),
  ];
}

function keys(): Case[] {
  const short = hmacMaterial(Buffer.from('secret'));
  const none = hmacMaterial(Buffer.alloc(0));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = pairMaterial('RS256', privateKey, publicKey);
  const pem = (rs.verifying as ReturnType<typeof createPublicKey>).export({ format: 'pem', type: 'spki' });
  const confused = `${b64('{"alg":"HS256","typ":"JWT"}')}.${b64(json)}`;
  const pss: Material = { ...rs, alg: 'RS256', sign: pairOf('PS256').sign };
  return [
    ...of('short secret', { 'of six characters': forge(short, claims) }, short),
    ...of('empty secret', { 'of no octet': forge(none, claims) }, none),
    ...of('RSA of 1024 bits', { RS256: forge(weak, claims) }, weak),
    {
      row: 'agreed',
      name: 'the public key as an HMAC secret',
      material: rs,
      anyAlgorithm: true,
      token: `${confused}.${createHmac('sha256', pem).update(confused).digest('base64url')}`,
    },
    ...of('agreed', { 'PSS under RS256': forge(pss, claims) }, rs),
    ...of('agreed', { 'zeros for r and s': forge({ ...es, sign: () => Buffer.alloc(64) }, claims) }, es),
  ];
}

function signatures(): Case[] {
  const [header = '', payload = '', signature = ''] = forge(es, claims).split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  const with_ = (octets: Uint8Array): string => `${header}.${payload}.${b64(octets)}`;
  return of(
    'agreed',
    {
      'the other s': with_(twin),
      'an octet more': with_(Buffer.concat([bytes, Buffer.alloc(1)])),
      'an octet less': with_(bytes.subarray(1)),
      'nothing of it': with_(Buffer.alloc(0)),
    },
    es,
  );
}

/** All of them; the same at each run but for fresh keys. */
export const corpus: readonly Case[] = [
  ...valid(),
  ...spellings(),
  ...headers(),
  ...payloads(),
  ...missing(),
  ...times(),
  ...names(),
  ...keys(),
  ...signatures(),
];
