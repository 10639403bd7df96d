/** Where a cursor stands in a log. */
import { type Cursor, cursorOf, type Ledger, placeOf } from '../revocation/index.ts';

/** Its number; undefined where this log cannot be continued: ill-formed, of another owner, or beyond the head. */
export function positionIn(
  { owner, head }: Pick<Ledger, 'owner' | 'head'>,
  cursor: Cursor,
): number | undefined {
  const place = placeOf(cursor);
  if (place === undefined || place.owner !== owner || place.number > head) return undefined;
  return cursorOf(owner, place.number) === cursor ? place.number : undefined;
}
