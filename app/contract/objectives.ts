/** What the service promises: the share of events that must be good, over a period. */
export type Objective = {
  /** In one sentence, for people. */
  readonly promise: string;
  /** From 0 to 1. */
  readonly target: number;
};

/** Bounds of time stand in the names of buckets: a target that is no bucket cannot be measured. */
export const objectives = {
  availability: { promise: 'requests are answered without an error of the server', target: 0.999 },
  photoReads: { promise: 'a photo is read within 50 ms', target: 0.99 },
  feeds: { promise: 'a page of a feed is read within 100 ms', target: 0.99 },
  freshness: { promise: 'five seconds after a write, a read sees it', target: 0.999 },
} as const satisfies Record<string, Objective>;

export type ObjectiveName = keyof typeof objectives;

/** The bounds that the promises name, in seconds. */
export const photoReadSeconds = 0.05;
export const feedSeconds = 0.1;
