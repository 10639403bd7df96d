/**
 * The floor: one call of node:crypto with a ready KeyObject on octets that lie ready, and nothing else; for decoding,
 * JSON.parse of text that lies ready. No library can be faster without remembering something.
 */
import { createHmac, sign, verify } from 'node:crypto';
import { allClaims, encode, partsOf } from '../token.js';

const hashOf = alg => (alg === 'EdDSA' ? null : 'sha256');
/** As text, which node:crypto makes faster than a Buffer. */
const mac = (key, data) => createHmac('sha256', key).update(data).digest('base64url');

export const floor = {
  name: 'floor',
  package: 'node:crypto',
  verify({ alg, bytes, verifying }) {
    const hash = hashOf(alg);
    if (bytes) return { run: ({ data }) => mac(verifying, data), inputOf: verifyInput };
    return {
      run: ({ data, signature }) => verify(hash, data, verifying, signature),
      inputOf: alg === 'ES256' ? derInput : verifyInput,
    };
  },
  sign({ alg, bytes, signing, kid }) {
    const inputOf = claims => signInput({ alg, typ: 'JWT', kid }, claims);
    if (bytes) return { run: data => mac(signing, data), inputOf };
    const hash = hashOf(alg);
    return { run: data => sign(hash, data, signing), inputOf };
  },
  decode: () => ({ run: JSON.parse, inputOf: token => partsOf(token).text }),
};

/** The floor of decoding when the token, and not its text, lies ready: what is left of a decoder that checks nothing at all. */
export const unchecked = {
  name: 'nothing checked',
  package: 'node:crypto',
  decode: () => ({ run: decodeUnchecked, inputOf: token => token }),
};

const room = Buffer.allocUnsafeSlow(16_384);

/** By the methods that Buffer's own ones end in, and in a buffer that is used again: nothing in Node is faster. */
function decodeUnchecked(token) {
  const start = token.indexOf('.') + 1;
  const length = room.base64urlWrite(token.slice(start, token.indexOf('.', start)), 0, room.length);
  return JSON.parse(room.utf8Slice(0, length));
}

const verifyInput = token => partsOf(token);

/** A bare KeyObject takes ECDSA signatures in DER: RFC 3279 section 2.2.3. */
function derInput(token) {
  const { data, signature } = partsOf(token);
  const body = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))]);
  return { data, signature: Buffer.concat([Buffer.from([0x30, body.length]), body]) };
}

function integer(octets) {
  const start = octets.findIndex(octet => octet !== 0);
  const value = octets.subarray(start);
  const sign = value[0] > 127 ? [0] : [];
  return Buffer.from([0x02, value.length + sign.length, ...sign, ...value]);
}

function signInput(header, own) {
  return Buffer.from(`${encode(header)}.${encode({ ...allClaims('small', 1), ...own })}`);
}
