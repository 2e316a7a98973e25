import { counterMetrics } from '../contract/counter-metrics.ts';
import { fixed, milliseconds, percent } from '../contract/figure-text.ts';
import { counterOf, tailMargin, usualMargin } from '../contract/figure.ts';
import type { CandidateValues, Figure } from '../contract/figure.ts';
import type { SentOperationName } from '../contract/operations.ts';

/** The beginning of a round, as whoever asks has set it: the time of the same server that noted the sightings. */
const ofRound = `noted_at > coalesce(nullif(current_setting('darkroom.round_from', true), '')::timestamptz, '-infinity')`;

/** What the witness saw of counters whose every add it knows. */
function wrong(phase: 'live' | 'rest', own: Pick<Figure, 'name' | 'title' | 'meaning' | 'words'>): Figure {
  return {
    ...own,
    unit: 'of the adds, from 0 on',
    from: {
      query: `SELECT sum(abs(seen - expected))::float8 / nullif(sum(expected), 0) AS value FROM counter_sightings WHERE phase = '${phase}' AND ${ofRound}`,
    },
    per: null,
    scale: 'points',
    better: 'less',
    // A percentage point.
    margin: () => 0.01,
    write: percent(1),
    table: 'quality',
    column: 'error %',
    lacking: '–',
    isTold: true,
  };
}

/** The witness looks four times a second: smaller differences are its own. */
const looksApartSeconds = 0.25;

function late(quantile: 0.5 | 0.99): Figure {
  const title = `p${quantile * 100}`;
  return {
    name: `countLagSecondsP${quantile * 100}`,
    meaning: `${title} of the time from the acknowledgement of an add until the count shows it, of the adds of the witness that were first seen in a round; one that was never seen counts as long as it was waited for`,
    unit: 's',
    from: {
      query: `SELECT percentile_cont(${quantile}) WITHIN GROUP (ORDER BY lag_ms) / 1000 AS value FROM counter_sightings WHERE phase = 'lag' AND ${ofRound}`,
    },
    per: null,
    scale: 'plain',
    better: 'less',
    margin: () => looksApartSeconds,
    write: fixed(2),
    title,
    table: 'quality',
    column: 'lag s',
    lacking: '–',
    isTold: quantile === 0.5,
    words: `${title} of the time until a count shows an add`,
  };
}

const addOperations = ['addCount', 'addAndGetCount'] as const;
const quantiles = ['p50', 'p95', 'p99'] as const;

function times(
  name: string,
  column: string,
  what: string,
  operation: readonly SentOperationName[],
): Figure[] {
  return quantiles.map((quantile) => ({
    name: `${name}Ms${quantile.toUpperCase()}`,
    meaning: `${quantile} of the response times of ${what} alone; none where the load sends too few`,
    unit: 'ms',
    from: { driver: quantile, operation },
    per: null,
    scale: 'ratio',
    better: 'less',
    margin: quantile === 'p50' ? () => usualMargin : tailMargin,
    write: milliseconds,
    title: quantile,
    table: 'quality',
    column,
    shows: 'where-known',
    words: `${quantile} of ${what}`,
  }));
}

const done = (...operation: readonly string[]) =>
  counterOf(counterMetrics.counterOperations, { operation, outcome: 'ok' });

const rollups: Figure = {
  name: 'rollupsPerWrite',
  meaning:
    'counters to whose count a worker has added new events, per add or clear, those of the witness among them',
  unit: 'per write',
  from: counterOf(counterMetrics.counterRollups, { outcome: 'done' }),
  per: done('add', 'add_and_get', 'clear'),
  scale: 'plain',
  better: 'less',
  margin: (other) => Math.max(0.01, other * 0.05),
  write: fixed(2),
  title: 'rollups/write',
  table: 'work',
  words: 'rollups per write',
};

const eventsRead: Figure = {
  name: 'eventsReadPerGet',
  meaning:
    'events that were read to answer what counters stand at, per such answer, of one counter or of many; rollups are left out',
  unit: 'events per answer',
  from: counterOf(counterMetrics.counterEventsRead, { by: 'get' }),
  per: done('get', 'get_many', 'add_and_get'),
  scale: 'plain',
  better: 'less',
  margin: (other) => Math.max(0.05, other * 0.05),
  write: fixed(1),
  title: 'events/get',
  table: 'work',
  words: 'events that an answer reads',
};

/** Modes that keep every event. */
const keepsEvents = ({ counter }: CandidateValues): boolean =>
  ['eventual', 'accurate', 'raw-log'].includes(String(counter));

const bytesPerEvent: Figure = {
  name: 'bytesPerEvent',
  meaning: 'disk that the log of events takes at the end of a round, with its indexes, per event',
  unit: 'bytes per event',
  // Slices that are made ahead hold nothing yet.
  from: {
    query: `
      SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('counter_events')
        WHERE isleaf AND pg_relation_size(relid) > 0)::float8
        / nullif((SELECT count(*) FROM counter_events), 0) AS value`,
  },
  per: null,
  scale: 'ratio',
  better: 'less',
  margin: () => usualMargin,
  write: fixed(0),
  title: 'bytes/event',
  table: 'work',
  lacking: '–',
  appliesTo: keepsEvents,
  words: 'bytes that an event takes',
};

const rowsStored: Figure = {
  name: 'counterRowsStored',
  meaning: 'rows of counters, their events and rollups in the database at the end of a round',
  unit: 'rows',
  from: {
    query: `
      SELECT (SELECT count(*) FROM counter_events) + (SELECT count(*) FROM counter_rollups)
        + (SELECT count(*) FROM counter_rows) AS value`,
  },
  per: null,
  scale: 'plain',
  better: 'less',
  margin: (other) => Math.max(100, other * 0.05),
  write: (value) => Math.round(value).toLocaleString('en-US'),
  title: 'rows',
  table: 'work',
  words: 'rows of counters in the database',
};

/** What is measured of counters. */
export const counterFigures: readonly Figure[] = [
  wrong('live', {
    name: 'countErrorAtOnce',
    title: 'at once',
    meaning:
      'how far the answers of replicas were from the acknowledged adds of the witness while these followed each other, summed, as a share of these',
    words: 'error of counts at once',
  }),
  wrong('rest', {
    name: 'countErrorAtRest',
    title: 'at rest',
    meaning:
      'the same of the last answer, long after the last add of each counter; one of its adds in five was sent twice',
    words: 'error of counts at rest',
  }),
  late(0.5),
  late(0.99),
  ...times('add', 'add', 'adds', addOperations),
  ...times('get', 'get', 'reads of counts', ['getCount']),
  rollups,
  eventsRead,
  bytesPerEvent,
  rowsStored,
];
