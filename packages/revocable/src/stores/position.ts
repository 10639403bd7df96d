/** Where a cursor stands in a log. */
import { type Cursor, type Ledger, placeOf } from '../revocation/index.ts';

/**
 * Its number; undefined where this log cannot be continued: of another owner, beyond the head, or with another entry there.
 * @param tagAt the tag of the entry with a number; undefined where the log does not go back that far
 */
export function positionIn(
  { owner, head, tag }: Pick<Ledger, 'owner' | 'head' | 'tag'>,
  cursor: Cursor,
  tagAt: (number: number) => string | undefined,
): number | undefined {
  const place = placeOf(cursor);
  if (place === undefined || place.owner !== owner || place.number > head) return undefined;
  const found = place.number === head ? tag : place.number === 0 ? '' : tagAt(place.number);
  return found === place.tag ? place.number : undefined;
}
