/** What became of a message: all consumers have it; one has failed, and it is tried again; it was given up. */
export const outboxOutcomes = ['done', 'failed', 'dead'] as const;

export type OutboxOutcome = (typeof outboxOutcomes)[number];

export type OutboxEvent = {
  /** Of the known types, or `unknown`. */
  readonly type: string;
  readonly outcome: OutboxOutcome;
  /** From the action to the last consumer; null unless it is done. */
  readonly lagMs: number | null;
};

/** What waits, as it was last seen. */
export type OutboxState = {
  readonly depth: number;
  readonly deadLetters: number;
  /** When the oldest of those that wait was written; null: none does. */
  readonly oldestAtMs: number | null;
};
