/** The rows of a seeded database. Ids are positive integers, times are milliseconds since the epoch. */
export type PersonRow = { readonly id: number; readonly name: string; readonly createdAtMs: number };
export type FollowRow = {
  readonly followerId: number;
  readonly followedId: number;
  readonly createdAtMs: number;
};
export type PhotoRow = {
  readonly id: number;
  readonly ownerId: number;
  readonly caption: string;
  /** Lower-case hex SHA-256 of the stored bytes. */
  readonly digest: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly createdAtMs: number;
};
export type LikeRow = { readonly photoId: number; readonly personId: number; readonly createdAtMs: number };
export type CommentRow = {
  readonly id: number;
  readonly photoId: number;
  readonly authorId: number;
  readonly text: string;
  readonly createdAtMs: number;
};

/** Two people whom nobody else uses: one posts, the other one follows and looks when a post can be seen. */
export type WitnessRow = { readonly authorId: number; readonly followerId: number };

/** Somebody who is logged in: the token is the SHA-256 of the secret, in base64url, and storage gets the hash of that. */
export type SessionRow = { readonly personId: number; readonly secret: string; readonly expiresAtMs: number };

/** By which name and password somebody may log in. The hash is as the service stores it. */
export type AccountRow = {
  readonly personId: number;
  readonly logInName: string;
  readonly passwordHash: string;
};

/** Everything that the seeder writes. Counts (likes, comments, followers, posts) are derived from these rows. */
export type SeedRows = {
  readonly people: readonly PersonRow[];
  readonly follows: readonly FollowRow[];
  readonly photos: readonly PhotoRow[];
  readonly likes: readonly LikeRow[];
  readonly comments: readonly CommentRow[];
  /** Absent: there are none. */
  readonly witnesses?: readonly WitnessRow[];
  /** Absent: nobody is logged in. */
  readonly sessions?: readonly SessionRow[];
  /** Absent: nobody can log in. */
  readonly accounts?: readonly AccountRow[];
};

/** The moment "now" of a seeded database: ages of photos are counted back from here (2026-01-01T00:00:00Z). */
export const seedEpochMs = 1_767_225_600_000;
