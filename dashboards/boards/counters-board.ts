import type { Board } from '../board.ts';
import { by, ofCandidate, service } from '../board-scope.ts';

const nobodyCounts = 'nobody counts';
const noRollups = 'no candidate rolls counters up';
const operations = ['candidate', 'operation'] as const;
const asks = { operation: { anyOf: ['get', 'get_many', 'add_and_get'] }, outcome: 'ok' } as const;
const writes = { operation: { anyOf: ['add', 'add_and_get', 'clear'] }, outcome: 'ok' } as const;

export const countersBoard: Board = {
  uid: 'darkroom-counters',
  title: 'Darkroom: counters',
  description: 'How counters are added to and read, and what follows behind the answers.',
  rows: [
    {
      title: 'Counting',
      panels: [
        {
          title: 'How much is counted?',
          description: 'Operations on counters per second, also those that a like or a view brings along.',
          unit: 'ops',
          mayBeEmpty: nobodyCounts,
          leadsTo: ['darkroom-service'],
          queries: [
            {
              expr: service.rate('counterOperations', { by: operations }),
              legend: '{{candidate}} {{operation}}',
            },
          ],
        },
        {
          title: 'Does counting fail?',
          description:
            'Per second, by how the counter counts. With row-cas: too many raise one counter at once. With best-effort: Redis is away. Refused ones are mistakes of the caller, such as an event that came too late.',
          unit: 'ops',
          mayBeEmpty: nobodyCounts,
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: service.rate('counterOperations', {
                by: ['candidate', 'mode', 'outcome'],
                where: { outcome: { noneOf: ['ok'] } },
              }),
              legend: '{{candidate}} {{mode}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How long does counting take?',
          description: 'p99 inside the service, by operation.',
          unit: 's',
          mayBeEmpty: nobodyCounts,
          queries: [
            {
              expr: service.quantile(0.99, 'counterDuration', { by: operations }),
              legend: '{{candidate}} {{operation}}',
            },
          ],
        },
        {
          title: 'How many events does an answer read?',
          description:
            'Mean, of reads of one count or of many. None with eventual; with accurate those since the last rollup; with raw-log all of them, so that it grows.',
          unit: 'short',
          mayBeEmpty: nobodyCounts,
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: `${service.rate('counterEventsRead', { by, where: { by: 'get' } })} / ${service.rate('counterOperations', { by, where: asks })}`,
              legend: ofCandidate,
            },
          ],
        },
      ],
    },
    {
      title: 'Rollups',
      panels: [
        {
          title: 'How late are counts?',
          description:
            'p50 and p99 of the age of the oldest event that a rollup has added: the window, the time for which workers gather, and what they are behind.',
          unit: 's',
          mayBeEmpty: noRollups,
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'counterRollupLag', { by }),
            legend: `{{candidate}} p${q * 100}`,
          })),
        },
        {
          title: 'How many counters wait in the queues?',
          description:
            'Over all workers. With high cardinality it falls to nothing when nobody adds; with low, all counters stay. It grows on while workers are slower than what they hear of.',
          unit: 'short',
          mayBeEmpty: noRollups,
          queries: [{ expr: service.sum('counterQueueLength', { by }), legend: ofCandidate }],
        },
        {
          title: 'How many rollups does a write make?',
          description:
            'Far below one where many writes meet one counter: a worker rolls each up once for all that it has gathered.',
          unit: 'short',
          mayBeEmpty: noRollups,
          queries: [
            {
              expr: `${service.rate('counterRollups', { by, where: { outcome: 'done' } })} / ${service.rate('counterOperations', { by, where: writes })}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'What becomes of rollups?',
          description:
            'Per second. Unchanged: no event was new. Overtaken: another worker was further. Failed ones are queued again at once.',
          unit: 'ops',
          mayBeEmpty: noRollups,
          queries: [
            {
              expr: service.rate('counterRollups', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Do workers hear of what to roll up?',
          description:
            'Hints per second: sent, coalesced with one that waits already, or dropped, for want of room or of Redis. A dropped one leaves the count old until somebody reads it.',
          unit: 'ops',
          mayBeEmpty: noRollups,
          queries: [
            {
              expr: service.rate('counterRollupEvents', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How many events do rollups read?',
          description:
            'Per second. About as many as are written, each once; more: rollups repeat each other.',
          unit: 'ops',
          mayBeEmpty: noRollups,
          queries: [
            {
              expr: service.rate('counterEventsRead', { by, where: { by: 'rollup' } }),
              legend: ofCandidate,
            },
          ],
        },
      ],
    },
  ],
};
