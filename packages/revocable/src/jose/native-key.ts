/** PEM, DER, JWK, KeyObject and CryptoKey to a KeyObject of node:crypto, or a KeyError that tells why not. */
import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError, KeyError } from '../errors.ts';
import type { Algorithm } from './algorithms.ts';
import { cryptoKeyHandle } from './crypto-key.ts';
import { checkJwk, type Jwk } from './jwk.ts';
import type { PrivateMaterial, PublicMaterial } from './key-material.ts';
import { ownHandle } from './own-handle.ts';
import { looksLikePem, readPem } from './pem.ts';
import { plainRsa } from './rsa-pss.ts';

/** @throws {KeyError} ERR_KEY_INVALID */
export function privateHandle(material: PrivateMaterial, row: Algorithm, passphrase?: string): KeyObject {
  const handle = handleOf(material, 'private', row, passphrase);
  if (handle.type !== 'private') throw wrongHalf('private', handle.type);
  return plainRsa(handle, row);
}

/** @throws {KeyError} ERR_KEY_INVALID, also for a private key: hand out public halves only */
export function publicHandle(material: PublicMaterial, row: Algorithm): KeyObject {
  const handle = handleOf(material, 'public', row);
  if (handle.type !== 'public') throw wrongHalf('public', handle.type);
  return plainRsa(handle, row);
}

/** The same for a JWK alone, where nothing else may come. @throws {KeyError} ERR_KEY_INVALID */
export function publicJwkHandle(jwk: Jwk, row: Algorithm): KeyObject {
  return plainRsa(jwkHandle(jwk, 'public', row), row);
}

type Half = 'private' | 'public';

function handleOf(material: PrivateMaterial, half: Half, row: Algorithm, passphrase?: string): KeyObject {
  if (typeof material === 'string') return pemHandle(material, half, passphrase);
  if (material instanceof Uint8Array) {
    if (looksLikePem(material)) return pemHandle(new TextDecoder().decode(material), half, passphrase);
    return derHandle(material, half, passphrase);
  }
  if (material instanceof KeyObject) return ownHandle(material);
  if (typeof material === 'object' && material !== null) {
    const handle = cryptoKeyHandle(material, row, half);
    if (handle !== undefined) return ownHandle(handle);
    if ('kty' in material) return jwkHandle(material as Jwk, half, row);
  }
  throw new ConfigError('A key is given as PEM text, DER bytes, a JWK, a KeyObject or a CryptoKey.');
}

function pemHandle(material: string, half: Half, passphrase?: string): KeyObject {
  if (!looksLikePem(material) && !material.includes('-----BEGIN '))
    throw new KeyError(
      'ERR_KEY_INVALID',
      'A bare string is the PEM of a key; for a secret use secretKey(alg, { utf8 }).',
    );
  const block = readPem(material);
  if (half === 'private' && block.kind !== 'private') throw wrongHalf('private', 'public');
  if (half === 'public' && block.kind === 'private') throw wrongHalf('public', 'private');
  return attempt(
    () => {
      if (block.kind === 'private')
        return createPrivateKey({ key: block.text, ...withPassphrase(passphrase) });
      if (block.kind === 'public') return createPublicKey(block.text);
      return new X509Certificate(block.text.replaceAll(/(X509|TRUSTED) CERTIFICATE/g, 'CERTIFICATE'))
        .publicKey;
    },
    passphraseHint(block.text, passphrase),
  );
}

function passphraseHint(pem: string, passphrase: string | undefined): string {
  const encrypted = pem.includes('ENCRYPTED');
  if (!encrypted) return 'The PEM does not hold a key that this runtime can read.';
  return passphrase === undefined
    ? 'The private key is encrypted: give its `passphrase`.'
    : 'The private key is encrypted, and the passphrase does not open it.';
}

function withPassphrase(passphrase: string | undefined): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase };
}

function derHandle(material: Uint8Array, half: Half, passphrase?: string): KeyObject {
  const key = Buffer.from(material.buffer, material.byteOffset, material.byteLength);
  const format = 'der';
  const readings =
    half === 'private'
      ? (['pkcs8', 'pkcs1', 'sec1'] as const).map(
          type => () => createPrivateKey({ key, format, type, ...withPassphrase(passphrase) }),
        )
      : [
          () => createPublicKey({ key, format, type: 'spki' }),
          () => createPublicKey({ key, format, type: 'pkcs1' }),
          () => new X509Certificate(key).publicKey,
        ];
  for (const read of readings) {
    const handle = orUndefined(read);
    if (handle !== undefined) return handle;
  }
  throw new KeyError('ERR_KEY_INVALID', `The bytes are no DER of a ${half} key that this runtime can read.`);
}

function jwkHandle(jwk: Jwk, half: Half, row: Algorithm): KeyObject {
  checkJwk(jwk, row);
  if (half === 'private' && jwk.d === undefined && jwk.priv === undefined)
    throw wrongHalf('private', 'public');
  if (half === 'public' && (jwk.d !== undefined || jwk.priv !== undefined))
    throw wrongHalf('public', 'private');
  const key = { ...jwk } as JsonWebKey;
  const handle = attempt(
    () =>
      half === 'private' ? createPrivateKey({ key, format: 'jwk' }) : createPublicKey({ key, format: 'jwk' }),
    `The JWK is no ${half} key for ${row.name} that this runtime can read.`,
  );
  if (half === 'private') checkHalves(handle, jwk);
  return handle;
}

/** node:crypto derives the public half of these and passes over the member that claims to be it. */
function checkHalves(handle: KeyObject, jwk: Jwk): void {
  const derived = createPublicKey(handle).export({ format: 'jwk' }) as Jwk;
  const name = jwk.kty === 'AKP' ? 'pub' : 'x';
  if (jwk.kty !== 'RSA' && derived[name] !== jwk[name])
    throw new KeyError('ERR_KEY_INVALID', `The JWK's "${name}" does not belong to its private half.`);
}

function wrongHalf(wanted: Half, found: string): KeyError {
  const advice =
    wanted === 'public'
      ? 'use privateKey for it, and hand out its public half only'
      : 'a signer needs the private half';
  return new KeyError('ERR_KEY_INVALID', `A ${wanted} key is wanted and this is a ${found} one: ${advice}.`);
}

/** Errors of node:crypto may quote a member of the key, so they do not become the cause. */
function attempt(read: () => KeyObject, message: string): KeyObject {
  const handle = orUndefined(read);
  if (handle === undefined) throw new KeyError('ERR_KEY_INVALID', message);
  return handle;
}

function orUndefined(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
