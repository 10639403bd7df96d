/** The signing keys and the declared profile on Redis: both change only over what was seen. */
import { StoreError } from '../../errors.ts';
import type { KeyRow, Store } from '../../store.ts';
import { declare, profileAt } from '../declared.ts';
import { signingKid } from '../upkeep.ts';
import { DECLARE, PUT_KEYS } from './cut-scripts.ts';
import { HEAD } from './feed-scripts.ts';
import { declaredIn } from './hold.ts';
import { SIGNING_KEYS } from './keys.ts';
import type { Primary } from './primary.ts';

const ATTEMPTS = 20;

export function createShelf(primary: Primary): Pick<Store, 'keys' | 'putKeys' | 'profile' | 'declare'> {
  return {
    async keys() {
      const [reply] = await primary.line.send([['HMGET', SIGNING_KEYS, 'revision', 'rows']]);
      const [revision, rows] = reply as [string | null, string | null];
      return { revision: Number(revision ?? 0), rows: rows === null ? [] : (JSON.parse(rows) as KeyRow[]) };
    },
    async putKeys(revision, rows) {
      const args = { revision, rows: JSON.stringify(rows), signing: signingKid(rows) ?? '' };
      return (await primary.step(PUT_KEYS, args)).status === 'ok';
    },
    async profile() {
      const { rest, now } = await primary.follow(HEAD);
      const declared = declaredIn(rest[0]);
      return declared && profileAt(declared, now);
    },
    declare: profile => declareOver(primary, profile),
  };
}

async function declareOver(primary: Primary, profile: Parameters<Store['declare']>[0]): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { rest, now } = await primary.follow(HEAD);
    const before = String(rest[0]);
    const after = JSON.stringify(declare(declaredIn(before), profile, now));
    if (after === before || (await primary.step(DECLARE, { before, after })).status === 'ok') return;
  }
  throw new StoreError('ERR_STORE_UNAVAILABLE', 'Too many authorities declare their tokens at once.');
}
