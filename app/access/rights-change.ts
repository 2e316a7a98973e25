/** A relation between two people that rights are made of: who has blocked whom, who follows which private person. */
export type Relation = { readonly fromId: number; readonly toId: number };

/** All rights at one moment. */
export type RightsSnapshot = {
  /** The last change that is in it. */
  readonly number: number;
  readonly privateIds: readonly number[];
  readonly blocks: readonly Relation[];
  /** Of private people only. */
  readonly follows: readonly Relation[];
};

export const changeKinds = [
  'private',
  'public',
  'block',
  'unblock',
  'follow',
  'unfollow',
  'log-out',
  'gone',
] as const;

/** One line of the log of changes. What comes twice has the effect of once. */
export type RightsChange = {
  readonly number: number;
  readonly kind: (typeof changeKinds)[number];
  readonly personId: number;
  /** Whom it concerns beside the person; 0 where nobody. */
  readonly otherId: number;
  /** Of the session that has ended, in base64url; empty for all other kinds. */
  readonly tokenHash: string;
};
