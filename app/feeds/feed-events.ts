/** What readers of feeds tell an observer. */
export type FeedObserver = {
  /** A read of the feeds of active people. */
  readonly activeRead: (result: 'hit' | 'miss' | 'bypass') => void;
  /** A feed of an active person was read anew. */
  readonly recomputed: () => void;
  readonly evicted: (reason: 'size' | 'change' | 'loss', count: number) => void;
  /** A feed was gathered, to be kept. */
  readonly filled: (outcome: 'kept' | 'failed') => void;
};

/** Where nothing is counted. */
export const uncounted: FeedObserver = { activeRead() {}, recomputed() {}, evicted() {}, filled() {} };

/** What the fan-out tells an observer. A message that is undone and done again is told again. */
export type FanOutObserver = {
  /** `rows`: how many feeds it was written into. */
  readonly posted: (post: FannedOutPost) => void;
};

export type FannedOutPost = {
  readonly postedBy: 'people' | 'witness';
  readonly way: 'pushed' | 'pulled';
  readonly rows: number;
};

/** How many feeds of active people a process holds. */
export type ActiveUsage = { readonly entries: number; readonly bytes: number };
