/** Where the face differs from `jsonwebtoken` on purpose: a row here is a row of the page, and nothing else differs. */
import { execFileSync } from 'node:child_process';
import { createHmac, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pairs, publicMaterials, rsa } from './key-shelf.ts';
import { callsOf, type Face, ours, outcomeOf, theirs } from './side-by-side.ts';

const PAGE = new URL('../../../../docs/how-to/move-from-jsonwebtoken.md', import.meta.url);
const NOW = 1_700_000_000;
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
});
afterAll(() => {
  vi.useRealTimers();
});

/** Runs a call and tells in one text what came of it. */
type Run = (face: Face) => string | Promise<string>;
interface Difference {
  /** As the page has it. */
  readonly name: string;
  readonly cases: readonly { readonly run: Run; readonly theirs: string; readonly ours: string }[];
}

const told = (run: (face: Face) => unknown) => (face: Face) => {
  const outcome = outcomeOf(face, run);
  return 'error' in outcome ? `${outcome.error.name}: ${outcome.error.message}` : 'accepted';
};
const called = (run: (face: Face, callback: unknown) => unknown) => async (face: Face) => {
  const { thrown, calls } = await callsOf(face, run);
  if (thrown !== undefined) return 'thrown past the callback';
  return calls.map(call => ('error' in call ? 'error' : 'token')).join(', ') || 'never called';
};

const b64 = (text: string): string => Buffer.from(text).toString('base64url');
const HS = '{"alg":"HS256","typ":"JWT"}';
function forge(payload: string, secret: string | Buffer = 'secret', header = HS): string {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
const unsigned = (header: string): string => `${b64(header)}.${b64('{}')}.`;

/** The same octets with a stray bit in the last character of the signature. */
function otherSpelling(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1];
}

const escapedPem = (publicMaterials['rsa public PEM'] as string).replaceAll('\n', '\\n');
const published = [
  escapedPem,
  Buffer.from(escapedPem),
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHTzrBUw me@example',
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY me@example',
  JSON.stringify(rsa.publicKey.export({ format: 'jwk' })),
];
const es256 = pairs['p256']?.privateKey;

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'A `clockTolerance` that is not a number is refused',
    cases: ['5', '60s', [1], true].map(clockTolerance => ({
      run: told(face => face.verify(forge(`{"exp":${NOW - 1_000_000}}`), 'secret', { clockTolerance })),
      theirs: clockTolerance === true ? 'TokenExpiredError: jwt expired' : 'accepted',
      ours: 'JsonWebTokenError: clockTolerance must be a number',
    })),
  },
  {
    name: 'A regular expression for `audience` is tried on strings alone',
    cases: ['{}', '{"aud":null}', '{"aud":[["any"]]}', '{"aud":{}}'].map(payload => ({
      run: told(face => face.verify(forge(payload), 'secret', { audience: /^[a-z[]/ })),
      theirs: 'accepted',
      ours: 'JsonWebTokenError: jwt audience invalid. expected: /^[a-z[]/',
    })),
  },
  {
    name: 'An `issuer` that is neither a string nor an array matches nothing',
    cases: [/^https:/, new Set(['i']), 5, true].map(issuer => ({
      run: told(face => face.verify(forge('{"iss":"evil"}'), 'secret', { issuer })),
      theirs: 'accepted',
      ours: `JsonWebTokenError: jwt issuer invalid. expected: ${issuer}`,
    })),
  },
  {
    name: '`maxAge` counts from an `iat` of 0 too',
    cases: [
      {
        run: told(face => face.verify(forge('{"iat":0}'), 'secret', { maxAge: '1h' })),
        theirs: 'accepted',
        ours: 'TokenExpiredError: maxAge exceeded',
      },
    ],
  },
  {
    name: 'A secret of no octets is refused',
    cases: [Buffer.alloc(0), new Uint8Array(), createSecretKey(Buffer.alloc(0))].flatMap(secret => [
      {
        run: told(face => face.verify(forge('{}', Buffer.alloc(0)), secret)),
        theirs: 'accepted',
        ours: 'JsonWebTokenError: secretOrPublicKey is not valid key material',
      },
      {
        run: told(face => face.sign({}, secret)),
        theirs: 'accepted',
        ours: 'Error: secretOrPrivateKey is not valid key material',
      },
    ]),
  },
  {
    name: 'The text of a public key is no secret',
    cases: [
      ...published.map(secret => ({
        run: told(face => face.verify(forge('{}', secret), secret)),
        theirs: 'accepted',
        ours: 'JsonWebTokenError: secretOrPublicKey is not valid key material',
      })),
      ...[...published, ...Object.values(publicMaterials)].map(secret => ({
        run: told(face => face.sign({}, secret)),
        theirs: 'accepted',
        ours: 'Error: secretOrPrivateKey is not valid key material',
      })),
    ],
  },
  {
    name: 'A signature has one spelling',
    cases: (
      [
        ['RS256', rsa],
        ['PS256', rsa],
        ['ES256', pairs['p256']],
      ] as const
    ).map(([algorithm, pair]) => ({
      run: told(face =>
        face.verify(
          otherSpelling(theirs.sign({}, pair?.privateKey, { algorithm }) as string),
          pair?.publicKey,
        ),
      ),
      theirs: 'accepted',
      ours: 'JsonWebTokenError: invalid signature',
    })),
  },
  {
    name: 'An unsigned token without a key is an error like any other',
    cases: [
      ...['HS256', 'RS256', 'ES256'].map(alg => ({
        run: told(face => face.verify(unsigned(`{"alg":"${alg}"}`), undefined, { algorithms: [alg] })),
        theirs: "TypeError: Cannot read properties of undefined (reading 'type')",
        ours: 'JsonWebTokenError: jwt signature is required',
      })),
      {
        run: called((face, callback) =>
          face.verify(unsigned('{"alg":"HS256"}'), noKey, { algorithms: ['HS256'] }, callback),
        ),
        theirs: 'thrown past the callback',
        ours: 'error',
      },
    ],
  },
  {
    name: 'A payload of `null` is an error like any other',
    cases: [
      {
        run: told(face => face.verify(forge('null'), 'secret')),
        theirs: "TypeError: Cannot read properties of null (reading 'nbf')",
        ours: 'JsonWebTokenError: invalid token',
      },
      {
        run: called((face, callback) => face.verify(forge('null'), 'secret', callback)),
        theirs: 'thrown past the callback',
        ours: 'error',
      },
    ],
  },
  {
    name: 'An `alg` that is no string is an error like any other',
    cases: [
      {
        run: told(face =>
          face.verify(forge('{}', 'secret', '{"alg":["HS256"]}'), 'secret', { algorithms: 'HS256' }),
        ),
        theirs: 'TypeError: header.alg.startsWith is not a function',
        ours: 'JsonWebTokenError: invalid algorithm',
      },
      {
        run: called((face, callback) => face.sign({}, 'secret', { header: { alg: 5 } }, callback)),
        theirs: 'thrown past the callback',
        ours: 'error',
      },
    ],
  },
  {
    name: '`sign` always calls back, and once',
    cases: [
      {
        run: called((face, callback) => face.sign({}, null, { algorithm: 'none' }, callback)),
        theirs: 'never called',
        ours: 'token',
      },
      {
        run: called((face, callback) => face.sign('', 'secret', {}, callback)),
        theirs: 'never called',
        ours: 'token',
      },
      {
        run: called((face, callback) => face.sign(5, 'secret', {}, callback)),
        theirs: 'thrown past the callback',
        ours: 'token',
      },
      {
        run: called((face, callback) => face.sign({ iss: 'a' }, 'secret', { issuer: 'b' }, callback)),
        theirs: 'error, token',
        ours: 'error',
      },
    ],
  },
  {
    name: '`sign` does not swallow what your callback throws',
    cases: [{ run: inProcess, theirs: 'swallowed', ours: 'uncaught' }],
  },
  {
    name: '`sign` with a callback signs what you gave it',
    cases: [{ run: changedAfterwards, theirs: 'changed', ours: 'given' }],
  },
  {
    name: 'Errors are native errors',
    cases: [
      {
        run: face => String(types.isNativeError(new face.JsonWebTokenError('m'))),
        theirs: 'false',
        ours: 'true',
      },
    ],
  },
];

function noKey(_header: unknown, done: (error: null, key: undefined) => void): void {
  done(null, undefined);
}

function inProcess(face: Face): string {
  const name = face === ours ? 'revocable/compat/jsonwebtoken' : 'jsonwebtoken';
  const program = `
    process.on('uncaughtException', () => console.log('uncaught'));
    require('${name}').sign({}, 'secret', () => { throw new Error('mine'); });`;
  const said = execFileSync(process.execPath, ['-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return said.trim() || 'swallowed';
}

async function changedAfterwards(face: Face): Promise<string> {
  const payload = { nested: { value: 'given' } };
  const { calls } = await callsOf(face, (other, callback) => {
    other.sign(payload, 'secret', callback);
    payload.nested.value = 'changed';
  });
  const [call] = calls;
  const token = call !== undefined && 'arguments' in call ? call.arguments[1] : undefined;
  return (face.decode(token) as typeof payload).nested.value;
}

describe('the differences from jsonwebtoken', () => {
  const page = readFileSync(PAGE, 'utf8');
  const rows = page.split('\n').filter(line => line.startsWith('| **'));

  test('are the rows of the page, one for one', () => {
    const named = rows.map(row => /^\| \*\*(.+?)\*\*/.exec(row)?.[1]);
    expect(named).toEqual(DIFFERENCES.map(difference => difference.name));
  });

  describe.each(DIFFERENCES)('$name', ({ cases }) => {
    test.each(cases)('theirs: $theirs; ours: $ours', async ({ run, theirs: before, ours: after }) => {
      expect(await run(theirs)).toBe(before);
      expect(await run(ours)).toBe(after);
    });
  });

  test('do not touch what is right: the last spelling of each signature still passes', () => {
    const token = ours.sign({ foo: 1 }, es256, { algorithm: 'ES256' });
    expect(ours.verify(token, pairs['p256']?.publicKey)).toMatchObject({ foo: 1 });
    expect(ours.verify(forge('{}'), 'secret', { clockTolerance: 5, audience: '', issuer: '' })).toEqual({});
  });
});
