import { describe, expect, it } from 'vitest';
import { portFindings } from '../../../../scripts/lint/ports.js';
import { inPlantedHouse } from './planted.ts';

const findingsWith = async (text: string, path = 'authority/x.ts'): Promise<string[]> =>
  (await inPlantedHouse({ [path]: text }, portFindings)).findings;

describe('the ports rule', () => {
  it('finds nothing in a house in order', async () => {
    expect(await findingsWith('export const one = 1;')).toEqual([]);
  });

  it.each([
    ['export const now = Date.now();', 'Date.now'],
    ['export const clock = Date.now;', 'Date.now'],
    ['export const now = new Date();', 'new Date()'],
    ['export const now = performance.now();', 'performance'],
    ['export const later = () => setTimeout(() => {}, 1);', 'setTimeout'],
    ['export const later = globalThis.setTimeout;', 'setTimeout'],
    ['export const often = setInterval;', 'setInterval'],
    ['export const luck = Math.random();', 'Math.random'],
    ["import { randomBytes } from 'node:crypto';", 'randomBytes'],
    ["import { randomBytes as luck } from 'node:crypto';", 'randomBytes'],
    ["import * as crypto from 'node:crypto';\nexport const luck = crypto.randomUUID();", 'randomUUID'],
    ["import { readFileSync } from 'node:fs';", 'node:fs'],
    ["export const disk = await import('node:fs/promises');", 'node:fs/promises'],
    ["import { type Socket } from 'node:net';", 'node:net'],
    ["export const page = fetch('https://example.com');", 'fetch'],
  ])('refuses %s', async (text, name) => {
    expect(await findingsWith(text)).toContainEqual(expect.stringMatching(/^[^ ]+\/x\.ts:[12]: /));
    expect((await findingsWith(text)).join('\n')).toContain(`: ${name} comes in through a port`);
  });

  it.each([
    ['a date that was given', 'export const at = new Date(0);'],
    ['a parameter of that name', 'export const get = (fetch: (url: string) => unknown) => fetch("x");'],
    ['an option of that name', 'export const get = (options: { fetch: unknown }) => options.fetch;'],
    ['a method of a port', 'export const now = (clock: { now(): number }) => clock.now();'],
    ['a type of a module', "import type { Socket } from 'node:net';"],
    ['a comment', '// Date.now() and Math.random()\nexport const one = 1;'],
    ['a text', "export const text = 'Math.random fetch';"],
  ])('lets %s pass', async (_what, text) => {
    expect(await findingsWith(text)).toEqual([]);
  });

  it('lets a maker of ports take what its row says, and nothing else', async () => {
    expect(await findingsWith('export const now = Date.now;', 'time.ts')).toEqual([]);
    expect(await findingsWith('export const luck = Math.random;', 'time.ts')).toHaveLength(1);
    expect(await findingsWith("import 'node:fs';", 'stores/x.ts')).toEqual([]);
  });
});
