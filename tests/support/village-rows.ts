import type { SeedRows } from '../../app/contract/seed-rows.ts';
import { seedEpochMs } from '../../app/contract/seed-rows.ts';

const hourMs = 3_600_000;
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Who is who in the village. */
export const village = {
  /** Followed by people 2 to 25; has no photos. */
  famous: 1,
  /** Owns photos 1 to 30, an hour apart; photo 30 is the newest. */
  busy: 2,
  /** Owns photos 31 to 35, all of one moment: that of photo 10. */
  sudden: 3,
  /** Owns photos 36 to 40, newer than all others; followed by nobody. */
  unknown: 5,
  /** Follows `busy` and `sudden`. */
  reader: 30,
  /** Follows nobody, is followed by nobody, owns nothing. */
  hermit: 29,
  /** No such person, no such photo. */
  nobody: 999_999,
  /** Has 45 comments, every three of one moment, and the likes of people 2, 3 and 4. */
  discussed: 1,
} as const;

const agedMs = (hours: number): number => seedEpochMs - hours * hourMs;

/** A database small enough to be known by heart: 30 people, 40 photos. */
export const villageRows: SeedRows = {
  people: range(1, 30).map((id) => ({ id, name: `Person ${id}`, createdAtMs: agedMs(1_000) })),
  follows: [
    // Every two of one moment.
    ...range(2, 25).map((followerId) => ({
      followerId,
      followedId: village.famous,
      createdAtMs: agedMs(500 - Math.floor(followerId / 2)),
    })),
    ...[village.busy, village.sudden].map((followedId) => ({
      followerId: village.reader,
      followedId,
      createdAtMs: agedMs(400),
    })),
  ],
  photos: range(1, 40).map((id) => ({
    id,
    ownerId: id <= 30 ? village.busy : id <= 35 ? village.sudden : village.unknown,
    caption: `Photo ${id}`,
    digest: id.toString(16).padStart(64, '0'),
    widthPx: 640,
    heightPx: 480,
    createdAtMs: agedMs(id <= 30 ? 100 - id : id <= 35 ? 90 : 40 - id),
  })),
  likes: [2, 3, 4].map((personId) => ({
    photoId: village.discussed,
    personId,
    createdAtMs: agedMs(50),
  })),
  comments: range(1, 45).map((id) => ({
    id,
    photoId: village.discussed,
    authorId: 1 + (id % 10),
    text: `Comment ${id}`,
    createdAtMs: agedMs(90 - Math.floor(id / 3)),
  })),
};
