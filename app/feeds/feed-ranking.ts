import { DarkroomError } from '../errors.ts';
import { listStart } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { FeedEntry } from './feed-store.ts';

/** What a score is made of. */
export type Ranked = {
  readonly likeCount: number;
  readonly commentCount: number;
  readonly createdAt: string;
};

const hourMs = 3_600_000;
/** A comment takes more than a like does. */
const likesPerComment = 2;
/** So that a post of this minute does not outrank everything. */
const headStartHours = 2;
/** How fast a post falls: with 1.5, one of a day needs some thirty times what one of now has. */
const gravity = 1.5;

/**
 * How high a post stands with `order=ranked`: what others made of it, less with its age.
 *
 *     score = (1 + likes + 2 × comments) ÷ (hours since it was posted + 2) ^ 1.5
 */
export function scoreOf({ likeCount, commentCount, createdAt }: Ranked, nowMs: number): number {
  const hours = Math.max(0, nowMs - Date.parse(createdAt)) / hourMs;
  return (1 + likeCount + likesPerComment * commentCount) / (hours + headStartHours) ** gravity;
}

/** The highest score first; the same score in the order that was given. */
export function rank<T>(items: readonly T[], rankedOf: (item: T) => Ranked, nowMs: number): T[] {
  const scored = items.map((item) => ({ item, score: scoreOf(rankedOf(item), nowMs) }));
  return scored.sort((a, b) => b.score - a.score).map(({ item }) => item);
}

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
