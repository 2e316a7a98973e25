import type { CounterModeName } from './system.ts';

export const counterOperationNames = ['add', 'add_and_get', 'get', 'get_many', 'clear'] as const;
export type CounterOperationName = (typeof counterOperationNames)[number];

export const rollupOutcomes = ['done', 'unchanged', 'overtaken', 'failed'] as const;
export type RollupOutcome = (typeof rollupOutcomes)[number];

export const rollupEventOutcomes = ['sent', 'dropped', 'coalesced'] as const;
export type RollupEventOutcome = (typeof rollupEventOutcomes)[number];

/** What counting tells an observer. */
export type CounterObserver = {
  /** Refused: the caller's mistake. */
  readonly operated: (
    operation: CounterOperationName,
    mode: CounterModeName,
    outcome: 'ok' | 'refused' | 'failed',
    durationMs: number,
  ) => void;
  readonly eventsRead: (by: 'get' | 'rollup', events: number) => void;
  readonly announced: (outcome: RollupEventOutcome, counters: number) => void;
};

/** What a rollup worker tells. */
export type RollupObserver = Pick<CounterObserver, 'eventsRead' | 'announced'> & {
  readonly rolledUp: (outcome: RollupOutcome, counters: number) => void;
  /** Of the oldest event that a rollup has added. */
  readonly lagged: (lagMs: number) => void;
};

/** Where nothing is counted. */
export const unobserved: CounterObserver & RollupObserver = {
  operated() {},
  eventsRead() {},
  announced() {},
  rolledUp() {},
  lagged() {},
};
