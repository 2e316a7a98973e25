import type { CounterModeName } from './system.ts';

export type CounterOperationName = 'add' | 'add_and_get' | 'get' | 'get_many' | 'clear';
/** `unchanged`: no event was new. `overtaken`: another worker had rolled up further. */
export type RollupOutcome = 'done' | 'unchanged' | 'overtaken' | 'failed';
/** What became of a hint. `dropped`: there was no room for it, or Redis did not take it. `coalesced`: the counter waits already. */
export type RollupEventOutcome = 'sent' | 'dropped' | 'coalesced';

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
