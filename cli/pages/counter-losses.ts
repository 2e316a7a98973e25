/** How counters count that lose the same. */
const columns = ['row, row-cas', 'flush', 'best-effort', 'raw-log, eventual, accurate'] as const;

type Loss = { readonly what: string; readonly lost: readonly [string, string, string, string] };

/** What is lost of what was acknowledged, and by whom. The tests that show it kill the processes. */
const losses: readonly Loss[] = [
  {
    what: 'a request is sent again with its token, also since its answer was lost',
    lost: ['counts twice', 'counts twice', 'counts twice', 'counts once'],
  },
  {
    what: 'a service is killed (`kill -9`)',
    lost: ['nothing', 'what it had not flushed', 'nothing', 'nothing'],
  },
  {
    what: 'a service is killed between write and answer, and the client sends it again',
    lost: ['counts twice', 'counts once', 'counts twice', 'counts once'],
  },
  {
    what: 'a rollup worker is killed with a full queue',
    lost: ['–', '–', '–', 'nothing; what was in its queues stays old until it is read'],
  },
  {
    what: 'Redis is killed',
    lost: [
      'nothing',
      'nothing',
      'all counts that it had not written to disk',
      'nothing; hints, so that counts may stay old until they are read',
    ],
  },
  {
    what: 'Redis is away',
    lost: ['nothing', 'nothing', 'every operation is refused', 'nothing; reads ask storage'],
  },
  {
    what: 'PostgreSQL is away',
    lost: [
      'nothing; adds are refused',
      'nothing, while the sums of at most 100,000 counters wait; further ones are refused',
      'nothing; it is not asked',
      'nothing; adds are refused',
    ],
  },
  {
    what: 'nobody counts with a counter for a week (`ttlSeconds`)',
    lost: ['nothing', 'nothing', 'its count; of likes and of followers only after ten years', 'nothing'],
  },
  {
    what: 'an event comes later than `window` allows',
    lost: ['counts', 'counts', 'counts', 'refused, by a code of its own'],
  },
];

export const lossTitles: readonly string[] = ['what happens', ...columns];
export const lossRows: readonly (readonly string[])[] = losses.map(({ what, lost }) => [what, ...lost]);
