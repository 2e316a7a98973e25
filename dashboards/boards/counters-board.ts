import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import { by, lately, leadingRates, leadingTails, ofCandidate, rarely, service } from '../board-scope.ts';
import { answering, changes, growth, shortage } from '../panels/first-row.ts';
import type { PartOfService } from '../panels/first-row.ts';

const nobodyCounts = 'nobody counts';
const noRollups = 'no candidate rolls counters up';
const byOperation = ['candidate', 'operation'] as const;
const byOutcome = ['candidate', 'outcome'] as const;
const byFailure = ['candidate', 'mode', 'outcome'] as const;
const notOk = { outcome: { noneOf: ['ok'] } } as const;
const asks = { operation: { anyOf: ['get', 'get_many', 'add_and_get'] }, outcome: 'ok' } as const;
const writes = { operation: { anyOf: ['add', 'add_and_get', 'clear'] }, outcome: 'ok' } as const;
const answeredShare = 0.99;
const workers: PartOfService = {
  who: 'rollup workers',
  processes: service.value('counterQueueLength'),
  kinds: ['rollup-worker'],
};
const asked = lately.rate('counterOperations', { by });

const atAGlance: readonly Panel[] = [
  {
    title: 'Does counting work?',
    description:
      'Share of the operations on counters, within the window of rare events, that did not fail; and of the rollup workers, those that answer: without them counts stay old. Below it is said which fail, and how late counts are.',
    unit: 'percentunit',
    badBelow: answeredShare,
    answers: 'works',
    mayBeEmpty: nobodyCounts,
    queries: [
      {
        expr: `1 - ${lately.rate('counterOperations', { by, where: { outcome: 'failed' } })} / (${asked} > 0)`,
        legend: '{{candidate}} counted',
      },
      { expr: answering(workers), legend: '{{candidate}} workers' },
    ],
  },
  { ...shortage(workers), mayBeEmpty: noRollups },
  {
    ...changes(workers, [growth('operations', (promql) => promql.rate('counterOperations', { by }))]),
    mayBeEmpty: noRollups,
  },
];

const counting: readonly Panel[] = [
  {
    title: 'How much is counted?',
    description: 'Operations on counters per second, also those that a like or a view brings along.',
    unit: 'ops',
    columns: 12,
    mayBeEmpty: nobodyCounts,
    leadsTo: ['darkroom-service'],
    queries: [
      {
        expr: leadingRates(service, 'counterOperations', { by: byOperation }),
        legend: '{{candidate}} {{operation}}',
      },
    ],
  },
  {
    title: 'Does counting fail?',
    description:
      'Within the window of rare events, by how the counter counts. With row-cas: too many raise one counter at once. With best-effort: Redis is away. Refused ones are mistakes of the caller, such as an event that came too late.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    mayBeEmpty: nobodyCounts,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leadingRates(rarely, 'counterOperations', { by: byFailure, where: notOk }),
        legend: '{{candidate}} {{mode}} {{outcome}}',
      },
    ],
  },
  {
    title: 'How long does counting take (p99)?',
    description: 'Inside the service, by operation.',
    unit: 's',
    columns: 12,
    mayBeEmpty: nobodyCounts,
    queries: [
      {
        expr: leadingTails('counterDuration', { by: byOperation }),
        legend: '{{candidate}} {{operation}}',
      },
    ],
  },
  {
    title: 'How many events does an answer read?',
    description:
      'Mean, of reads of one count or of many. None with eventual; with accurate those since the last rollup; with raw-log all of them, so that it grows.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: nobodyCounts,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: `${lately.rate('counterEventsRead', { by, where: { by: 'get' } })} / (${lately.rate('counterOperations', { by, where: asks })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
];

const rollups: readonly Panel[] = [
  {
    title: 'How late are counts (p99)?',
    description:
      'Age of the oldest event that a rollup has added: the window, the time for which workers gather, and what they are behind.',
    unit: 's',
    mayBeEmpty: noRollups,
    queries: [{ expr: service.quantile(0.99, 'counterRollupLag', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many counters wait?',
    description:
      'In the queues of all workers. With high cardinality it falls to nothing when nobody adds; with low, all counters stay. It grows on while workers are slower than what they hear of.',
    unit: 'short',
    mayBeEmpty: noRollups,
    queries: [{ expr: service.sum('counterQueueLength', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many rollups per write?',
    description:
      'Far below one where many writes meet one counter: a worker rolls each up once for all that it has gathered.',
    unit: 'short',
    mayBeEmpty: noRollups,
    queries: [
      {
        expr: `${lately.rate('counterRollups', { by, where: { outcome: 'done' } })} / (${lately.rate('counterOperations', { by, where: writes })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'What becomes of rollups?',
    description:
      'Within the window of rare events. Unchanged: no event was new. Overtaken: another worker was further. Failed ones are queued again at once.',
    unit: 'short',
    mayBeEmpty: noRollups,
    queries: [
      {
        expr: leadingRates(rarely, 'counterRollups', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
  {
    title: 'Do workers hear what to roll up?',
    description:
      'Hints within the window of rare events: sent, coalesced with one that waits already, or dropped, for want of room or of Redis. A dropped one leaves the count old until somebody reads it.',
    unit: 'short',
    mayBeEmpty: noRollups,
    queries: [
      {
        expr: leadingRates(rarely, 'counterRollupEvents', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
  {
    title: 'How many events do rollups read?',
    description: 'Per second. About as many as are written, each once; more: rollups repeat each other.',
    unit: 'ops',
    mayBeEmpty: noRollups,
    queries: [
      {
        expr: service.rate('counterEventsRead', { by, where: { by: 'rollup' } }),
        legend: ofCandidate,
      },
    ],
  },
];

export const countersBoard: Board = {
  uid: 'darkroom-counters',
  title: titleOf('darkroom-counters'),
  description: 'How counters are added to and read, and what follows behind the answers.',
  rows: [
    { title: 'At a glance', panels: atAGlance },
    { title: 'Counting', panels: counting },
    { title: 'Rollups', panels: rollups },
  ],
};
