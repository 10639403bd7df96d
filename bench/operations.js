/** What is measured: each operation with its clock, its input, its tamper check, and the algorithms that it is asked of. */
import { algorithms } from './keys.js';
import { checkDecoder, checkSigner, checkVerifier } from './tamper-check.js';
import { payloads } from './token.js';

/** `cpu` is the time of all threads of the process; `wall` counts waiting too, which is what a promise costs. */
export const operations = {
  verify: { title: 'Verify', clock: 'cpu', input: 'token', check: checkVerifier, algorithms },
  verifyRepeated: {
    title: 'Verify tokens that were seen before (a new string each time; expiry judged each time)',
    clock: 'cpu',
    input: 'token',
    check: checkVerifier,
    algorithms: ['HS256', 'RS256'],
  },
  sign: { title: 'Sign', clock: 'cpu', input: 'claims', check: checkSigner, algorithms },
  decode: {
    title: 'Decode, without verifying',
    clock: 'cpu',
    input: 'token',
    check: checkDecoder,
    algorithms: ['HS256'],
  },
  verifyAsync: {
    title: 'Verify, asynchronous, 16 in flight',
    clock: 'wall',
    input: 'token',
    check: checkVerifier,
    algorithms,
  },
  signAsync: {
    title: 'Sign, asynchronous, 16 in flight',
    clock: 'wall',
    input: 'claims',
    check: checkSigner,
    algorithms,
  },
};

/** Every case, or those whose name has the text. */
export function casesLike(text = '') {
  const all = Object.keys(operations).flatMap(operation =>
    operations[operation].algorithms.flatMap(alg => payloads.map(payload => ({ operation, alg, payload }))),
  );
  return all.filter(one => caseName(one).includes(text));
}

export const caseName = ({ operation, alg, payload }) => `${operation} ${alg} ${payload}`;
