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
