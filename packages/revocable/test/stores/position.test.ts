import { describe, expect, it } from 'vitest';
import { cursorOf, placeOf } from '#revocation/index';
import { createMemoryStore } from '#stores/memory';
import { positionIn } from '#stores/position';

const LOG = { owner: 'owner', head: 9, tag: 'tag9' };
const kept = (number: number): string | undefined => (number >= 5 ? `tag${number}` : undefined);

describe('where a cursor stands in a log', () => {
  it.each([
    ['at the head', cursorOf('owner', 9, 'tag9'), 9],
    ['behind an entry that is kept', cursorOf('owner', 6, 'tag6'), 6],
    ['behind another entry of that number', cursorOf('owner', 6, 'other'), undefined],
    ['behind another entry at the head', cursorOf('owner', 9, 'other'), undefined],
    ['behind an entry that was trimmed', cursorOf('owner', 4, 'tag4'), undefined],
    ['beyond the head', cursorOf('owner', 10, 'tag10'), undefined],
    ['in the log of another owner', cursorOf('another', 9, 'tag9'), undefined],
  ])('%s', (_, cursor, position) => {
    expect(positionIn(LOG, cursor, kept)).toBe(position);
  });
});

describe('a snapshot in pieces', () => {
  it('gives the cursor of its beginning: what is written meanwhile lies behind it', async () => {
    const store = createMemoryStore({ clock: () => 1_795_000_000_000 });
    const lives = { accessMs: 60_000, refreshMs: 600_000, leewayMs: 65_000 };
    const cut = (scope: string) => ({ kind: 'finite', scope, plane: 's' }) as const;
    const revoke = (scopes: string[]) =>
      store.revoke({ orders: scopes.map(cut), caller: 1_795_000_000_000, lives });
    await revoke(Array.from({ length: 1500 }, (_, i) => `c:${i}`));
    let pieces = 0;
    const cursor = await store.feed.load('all', () => {
      pieces += 1;
      if (pieces === 1) void revoke(['c:late']);
    });
    expect(pieces).toBeGreaterThan(1);
    expect(placeOf(cursor)?.number).toBe(1500);
    await store.close();
  });
});
