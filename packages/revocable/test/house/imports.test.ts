import { describe, expect, it } from 'vitest';
import { importFindings } from '../../../../scripts/lint/imports.js';
import { inPlantedHouse } from './planted.ts';

const findingsWith = async (breaches: Record<string, string>): Promise<string[]> =>
  (await inPlantedHouse(breaches, importFindings)).findings;

describe('the import rules', () => {
  it('find nothing in a house in order', async () => {
    expect(await findingsWith({})).toEqual([]);
  });

  it.each([
    ['a room above', 'jose/x.ts', "import '../stores/index.ts';", 'jose imports errors, time, random:'],
    [
      'a type of a room above',
      'jose/x.ts',
      "import type {} from '../stores/index.ts';",
      'jose imports errors,',
    ],
    [
      'a file past the index',
      'keys/x.ts',
      "import '../jose/algorithms.ts';",
      'a room is entered by its index.ts:',
    ],
    [
      'a value where types may cross',
      'http/x.ts',
      "import '../verifier/index.ts';",
      'http takes only types from verifier:',
    ],
    [
      'a value of keys in the port',
      'store.ts',
      "import './keys/index.ts';",
      'store takes only types from keys,',
    ],
    ['files in a pure room', 'jose/x.ts', "import 'node:fs';", 'no input or output in jose,'],
    ['sockets in a pure room', 'authority/x.ts', "import 'node:net';", 'no input or output in jose,'],
    ['a package', 'revocation/x.ts', "import 'frame';", 'the library loads no package:'],
    ['a package by import()', 'stores/x.ts', "await import('frame');", 'the library loads no package:'],
    [
      'a type of a package',
      'revocation/x.ts',
      "import type {} from 'frame';",
      'the library loads no package:',
    ],
    [
      'a framework at run time',
      'adapters/x.ts',
      "import 'frame';",
      'adapters name frameworks as types only:',
    ],
    [
      'Node in the page',
      'browser/x.ts',
      "import 'node:crypto';",
      'no node: module is reachable from browser/:',
    ],
    [
      'the whole of http in the page',
      'browser/x.ts',
      "import '../http/index.ts';",
      'browser imports nothing:',
    ],
    ['a value in wire', 'http/wire.ts', "import '../errors.ts';", 'http/wire takes only types:'],
    [
      'another file in wire',
      'http/wire.ts',
      "import type {} from './index.ts';",
      'http/wire knows errors alone:',
    ],
    [
      'sessions under the verifier',
      'verifier/x.ts',
      "import '../sessions/index.ts';",
      'verifier, http, adapters,',
    ],
    ['keys in the command', 'cli/x.ts', "import '../keys/index.ts';", 'cli imports index, jose:'],
    ['nothing there', 'jose/x.ts', "import './nowhere.ts';", 'every import leads somewhere:'],
    [
      'the library by its inside',
      'packages/service/src/x.ts',
      "import '../../revocable/src/jose/index.ts';",
      'the service uses public exports of the library only:',
    ],
    [
      'the service',
      'cli/x.ts',
      "import '../../../service/src/index.ts';",
      'the library does not know the service:',
    ],
  ])('refuse %s', async (_what, path, text, rule) => {
    expect(await findingsWith({ [path]: text })).toContainEqual(expect.stringContaining(rule));
  });

  it('refuse a circle, of types too', async () => {
    const circle = { 'jose/a.ts': "import type {} from './b.ts';", 'jose/b.ts': "import './a.ts';" };
    expect(await findingsWith(circle)).toContainEqual(expect.stringContaining('no circles:'));
  });

  it('follow a way through other rooms', async () => {
    const way = { 'jose/algorithms.ts': "import '../sessions/index.ts';" };
    expect(await findingsWith(way)).toContainEqual(
      expect.stringContaining('verifier, http, adapters, browser, compat never reach'),
    );
  });
});
