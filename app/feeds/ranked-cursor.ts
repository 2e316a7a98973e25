import { DarkroomError } from '../errors.ts';
import { listStart } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { FeedEntry } from './feed-store.ts';

/** A place in a ranked feed: where the window that is ranked begins, and how many of it were shown. */
export type RankedPlace = { readonly from: Position; readonly offset: number };

/** Apart from the cursors of other lists, which have two parts. */
export function encodeRankedCursor({ from, offset }: RankedPlace): string {
  return Buffer.from(`${from.createdAtUs}.${from.id}.${offset}`).toString('base64url');
}

/** Throws INVALID_CURSOR for anything that `encodeRankedCursor` did not make. */
export function decodeRankedCursor(cursor: string): RankedPlace {
  const match = /^(\d{1,16})\.(\d{1,10})\.(\d{1,2})$/.exec(Buffer.from(cursor, 'base64url').toString());
  const place = {
    from: { createdAtUs: match?.[1] ?? '', id: Number(match?.[2]) },
    offset: Number(match?.[3]),
  };
  if (match === null || place.from.id > listStart.id || encodeRankedCursor(place) !== cursor)
    throw new DarkroomError(
      'INVALID_CURSOR',
      'Use the nextCursor of an earlier page with order=ranked as it is.',
    );
  return place;
}

/** A position just before the first of a window: newer posts do not come into it. */
export function startOfWindow([first]: readonly FeedEntry[]): Position {
  return first === undefined ? listStart : { createdAtUs: first.created_at_us, id: first.id + 1 };
}
