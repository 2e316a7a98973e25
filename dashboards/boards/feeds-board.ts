import type { Board } from '../board.ts';
import { by, ofCandidate, service } from '../board-scope.ts';

const noOutbox = 'no candidate has an outbox';
const noKeptFeeds = 'no candidate keeps feeds';
const noActiveFeeds = 'no candidate holds feeds of active people';
/** The witness of an experiment posts more often than people do. */
const people = { posted_by: 'people' } as const;

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
    {
      title: 'Feeds that are kept',
      panels: [
        {
          title: 'How many rows does a post write?',
          description:
            'Mean of the posts of people, not of the witness: with feed=push all followers of the author, with feed=hybrid none of a celebrity. It is what each post costs behind its answer.',
          unit: 'short',
          mayBeEmpty: noKeptFeeds,
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: `${service.rate('feedFanOutRows', { by, where: people })} / ${service.rate('feedPosts', { by, where: people })}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'How many rows are written?',
          description: 'By posts, per second, those of the witness among them.',
          unit: 'ops',
          mayBeEmpty: noKeptFeeds,
          queries: [{ expr: service.rate('feedFanOutRows', { by }), legend: ofCandidate }],
        },
        {
          title: 'Are posts pushed or pulled?',
          description:
            'Posts per second, by what became of them. Pulled ones are of celebrities: they are gathered each time that a follower reads.',
          unit: 'ops',
          mayBeEmpty: noKeptFeeds,
          queries: [
            {
              expr: service.rate('feedPosts', { by: ['candidate', 'way'], where: people }),
              legend: '{{candidate}} {{way}}',
            },
          ],
        },
        {
          title: 'How many feeds are filled?',
          description:
            'Feeds that were read and not kept yet, or had expired, per second. It falls as everybody who reads has read once. Failed ones waited for a writer for too long, and are filled at the next read.',
          unit: 'ops',
          mayBeEmpty: noKeptFeeds,
          queries: [
            {
              expr: service.rate('feedFills', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How many feeds of active people are hits?',
          description:
            'Share of the reads that found the feed in the memory of the replica. Low with evictions for room: make active larger. Low without: feeds change faster than they are read.',
          unit: 'percentunit',
          mayBeEmpty: noActiveFeeds,
          queries: [
            {
              expr: `${service.rate('feedActiveReads', { by, where: { result: 'hit' } })} / ${service.rate('feedActiveReads', { by })}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'Why do feeds of active people go?',
          description:
            'Per second: for room, since they have changed, or since changes may have been missed. Each is read anew when its reader comes back.',
          unit: 'ops',
          mayBeEmpty: noActiveFeeds,
          queries: [
            {
              expr: service.rate('feedActiveEvictions', { by: ['candidate', 'reason'] }),
              legend: '{{candidate}} {{reason}}',
            },
            { expr: service.rate('feedRecomputes', { by }), legend: '{{candidate}} read anew' },
          ],
        },
        {
          title: 'How much memory do feeds of active people take?',
          description: 'About, over all replicas. It is bounded by active and by 64 MiB for each replica.',
          unit: 'bytes',
          mayBeEmpty: noActiveFeeds,
          queries: [{ expr: service.sum('feedActiveSize', { by }), legend: ofCandidate }],
        },
        {
          title: 'How many feeds of active people are held?',
          description: 'Over all replicas; each may hold active of them.',
          unit: 'short',
          mayBeEmpty: noActiveFeeds,
          queries: [{ expr: service.sum('feedActiveEntries', { by }), legend: ofCandidate }],
        },
      ],
    },
  ],
};
