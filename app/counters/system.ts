import { choice, duration, wholeNumber } from '../contract/axis-kinds.ts';
import type { Axes, ValuesOf } from '../contract/axis.ts';
import type { ProcessKind } from '../contract/process-kind.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { counterFigures } from './figures.ts';

const axes = {
  counter: {
    field: 'counter',
    meaning:
      'how counters count. row: one row, raised in place; best-effort: in Redis, without retries; eventual: events, rolled up behind the answer; accurate: rolled up, plus the events since; row-cas: one row by compare and swap; flush: summed in each process and flushed; raw-log: events that every read sums',
    fallback: 'row',
    matters: 'all',
    ...choice(['row', 'best-effort', 'eventual', 'accurate', 'row-cas', 'flush', 'raw-log']),
  },
  window: {
    field: 'acceptMs',
    meaning:
      'how old an event may be when it arrives (accept_limit); what is older is refused, so that it can be rolled up (the article: 5s)',
    fallback: 1_000,
    matters: 'all',
    ...duration,
  },
  coalesce: {
    field: 'coalesceMs',
    meaning: 'how long a rollup worker gathers counters before it rolls each up once (the article: 10s)',
    fallback: 1_000,
    matters: 'all',
    ...duration,
  },
  cardinality: {
    field: 'cardinality',
    meaning:
      'low: the few counters stay in the queues of the workers; high: one leaves when it is rolled up to its last event',
    fallback: 'high',
    matters: 'all',
    ...choice(['low', 'high']),
  },
  queues: {
    field: 'queues',
    meaning: 'how many queues each rollup worker has',
    fallback: 8,
    matters: 'all',
    ...wholeNumber(1, 64),
  },
  'rollup-workers': {
    field: 'rollupWorkers',
    meaning: 'how many processes roll up',
    fallback: 1,
    matters: 'all',
    ...wholeNumber(1, 16),
  },
  'flush-every': {
    field: 'flushEveryMs',
    meaning: 'with counter=flush: how long a process sums before it writes, give or take a quarter',
    fallback: 1_000,
    matters: 'all',
    ...duration,
  },
} as const satisfies Axes;

/** What a candidate chooses of counters. */
export type CounterSettings = ValuesOf<typeof axes>;
export type CounterModeName = CounterSettings['counter'];

/** Modes whose counts are rolled up by workers. */
export const isRolledUp = (mode: CounterModeName): boolean => mode === 'eventual' || mode === 'accurate';
/** Modes that keep every event. */
export const hasEvents = (mode: CounterModeName): boolean => isRolledUp(mode) || mode === 'raw-log';

function refuses({ counter }: CounterSettings, given: ReadonlySet<string>): string | null {
  const ofRollups = ['coalesce', 'cardinality', 'queues', 'rollup-workers'].find((name) => given.has(name));
  if (ofRollups !== undefined && !isRolledUp(counter))
    return `"${ofRollups}" is of rollups, and counter=${counter} has none: take counter=eventual or counter=accurate.`;
  if (given.has('window') && !hasEvents(counter))
    return `"window" is of events, and counter=${counter} keeps none: take counter=eventual, counter=accurate or counter=raw-log.`;
  if (given.has('flush-every') && counter !== 'flush')
    return `"flush-every" means something with counter=flush only: counter=${counter} does not wait to write.`;
  return null;
}

const rollupWorkers = (count: number): ProcessKind => ({
  name: 'rollup-worker',
  entry: 'rollup-worker.ts',
  count,
  takesLoad: false,
  isScraped: true,
});

/** How something is counted that many raise at once: in place, in Redis, or by events that are rolled up. */
export const countersSystem: SystemDefinition<typeof axes> = {
  name: 'counters',
  summary: 'how counters count: in a row, in Redis, or by events that are rolled up behind the answer',
  axes,
  refuses,
  redisUses({ counter }) {
    if (counter === 'best-effort') return ['entries'];
    return isRolledUp(counter) ? ['entries', 'messages'] : [];
  },
  processes: ({ counter, rollupWorkers: count }) => (isRolledUp(counter) ? [rollupWorkers(count)] : []),
  witnesses: [
    { name: 'counter-witness', entry: 'counter-witness.ts', count: 1, takesLoad: false, isScraped: false },
  ],
  figures: counterFigures,
  qualityHeading: 'Counts, as seen by a witness who knows what they should be:',
  workHeading: 'What counting took behind the answers:',
};
