import type { Board } from '../board.ts';
import { by, ofCandidate, service } from '../board-scope.ts';

const noOutbox = 'no candidate has an outbox';

export const feedsBoard: Board = {
  uid: 'darkroom-feeds',
  title: 'Darkroom: outbox and feeds',
  description: 'What follows from actions behind their answers, and how late.',
  rows: [
    {
      title: 'The outbox',
      panels: [
        {
          title: 'How many messages wait?',
          description:
            'Of the outbox, as a worker last saw it. It grows while workers are slower than people, and falls to nothing afterwards; 100,000 stands for more.',
          unit: 'short',
          mayBeEmpty: noOutbox,
          leadsTo: ['darkroom-stores'],
          queries: [{ expr: service.max('outboxDepth', { by }), legend: ofCandidate }],
        },
        {
          title: 'How late is what follows from an action?',
          description:
            'p50 and p99, from the action to the end of what all consumers made of it. Nothing is observed of what waits: see the oldest.',
          unit: 's',
          mayBeEmpty: noOutbox,
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'outboxLag', { by }),
            legend: `{{candidate}} p${q * 100}`,
          })),
        },
        {
          title: 'How long has the oldest message waited?',
          description:
            'One that a consumer fails on waits for two minutes at most; then it is given up. More than seconds for all: the workers do not keep up, or do not run.',
          unit: 's',
          mayBeEmpty: noOutbox,
          queries: [{ expr: service.max('outboxOldest', { by }), legend: ofCandidate }],
        },
        {
          title: 'What becomes of messages?',
          description:
            'Per second. Failed ones are tried again, dead ones were given up: the log of the worker says why.',
          unit: 'ops',
          mayBeEmpty: noOutbox,
          queries: [
            {
              expr: service.rate('outboxMessages', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'What do messages say?',
          description: 'Those that are done, per second, by their types.',
          unit: 'ops',
          mayBeEmpty: noOutbox,
          queries: [
            {
              expr: service.rate('outboxMessages', { by: ['candidate', 'type'], where: { outcome: 'done' } }),
              legend: '{{candidate}} {{type}}',
            },
          ],
        },
        {
          title: 'How many messages were given up?',
          description:
            'Kept as dead letters until somebody replays them: darkroom outbox list, darkroom outbox replay.',
          unit: 'short',
          badFrom: 1,
          mayBeEmpty: noOutbox,
          queries: [{ expr: service.max('outboxDeadLetters', { by }), legend: ofCandidate }],
        },
      ],
    },
  ],
};
