import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import { by, byInstance, lately, leadingRates, ofCandidate, rarely, service } from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';
import { answering, changes, growth, shortage } from '../panels/first-row.ts';
import type { PartOfService } from '../panels/first-row.ts';

const noOutbox = 'no candidate has an outbox';
const noKeptFeeds = 'no candidate keeps feeds';
const noActiveFeeds = 'no candidate holds feeds of active people';
/** The witness of an experiment posts more often than people do. */
const people = { posted_by: 'people' } as const;
const byOutcome = ['candidate', 'outcome'] as const;
const byType = ['candidate', 'type'] as const;
const byReason = ['candidate', 'reason'] as const;
/** A post that is later than this in a feed is missed by whoever has posted it. */
const inTimeSeconds = 5;
const inTimeShare = 0.99;
const workers: PartOfService = {
  who: 'outbox workers',
  // Not by their gauges of the outbox: those end while storage is away, which is when this is asked.
  processes: lately.rate('outboxMessages', { by: byInstance }),
  kinds: ['worker'],
};
const finished = lately.observations('outboxLag', { by });

const atAGlance: readonly Panel[] = [
  {
    title: 'Do followers see posts in time?',
    description: `Share of the messages whose consumers were done within ${inTimeSeconds} s of the action: a post is in the feeds of followers then. Of what is not done nothing is said there: 0 % beside it is an oldest message that has waited for longer, or that nobody sees; and of the workers, those that answer.`,
    unit: 'percentunit',
    badBelow: inTimeShare,
    answers: 'works',
    mayBeEmpty: noOutbox,
    queries: [
      {
        expr: `${orZero(lately.under('outboxLag', inTimeSeconds, { by }), finished)} / (${finished} > 0)`,
        legend: '{{candidate}} in time',
      },
      {
        expr: `(${service.max('outboxOldest', { by })} <= bool ${inTimeSeconds}) or 0 * ${answering(workers)}`,
        legend: '{{candidate}} oldest in time',
      },
      { expr: answering(workers), legend: '{{candidate}} workers' },
    ],
  },
  { ...shortage(workers), mayBeEmpty: noOutbox },
  {
    ...changes(workers, [growth('messages', (promql) => promql.rate('outboxMessages', { by }))]),
    mayBeEmpty: noOutbox,
  },
];

const outbox: readonly Panel[] = [
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
    title: 'How late is what follows (p99)?',
    description:
      'From the action to the end of what all consumers made of it. Nothing is observed of what waits: see the oldest.',
    unit: 's',
    mayBeEmpty: noOutbox,
    queries: [{ expr: service.quantile(0.99, 'outboxLag', { by }), legend: ofCandidate }],
  },
  {
    title: 'How long has the oldest waited?',
    description:
      'One that a consumer fails on waits for two minutes at most; then it is given up. More than seconds for all: the workers do not keep up, or do not run.',
    unit: 's',
    mayBeEmpty: noOutbox,
    queries: [{ expr: service.max('outboxOldest', { by }), legend: ofCandidate }],
  },
  {
    title: 'What becomes of messages?',
    description:
      'Within the window of rare events. Failed ones are tried again, dead ones were given up: the log of the worker says why.',
    unit: 'short',
    mayBeEmpty: noOutbox,
    queries: [
      {
        expr: leadingRates(rarely, 'outboxMessages', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
  {
    title: 'What do messages say?',
    description: 'Those that are done, per second, by their types: the most frequent ones in view.',
    unit: 'ops',
    mayBeEmpty: noOutbox,
    queries: [
      {
        expr: leadingRates(service, 'outboxMessages', { by: byType, where: { outcome: 'done' } }),
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
];

const keptFeeds: readonly Panel[] = [
  {
    title: 'How many rows does a post write?',
    description:
      'Mean of the posts of people, not of the witness: with feed=push all followers of the author, with feed=hybrid none of a celebrity. It is what each post costs behind its answer.',
    unit: 'short',
    mayBeEmpty: noKeptFeeds,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: `${lately.rate('feedFanOutRows', { by, where: people })} / (${lately.rate('feedPosts', { by, where: people })} > 0)`,
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
        expr: lately.rate('feedPosts', { by: ['candidate', 'way'], where: people }),
        legend: '{{candidate}} {{way}}',
      },
    ],
  },
  {
    title: 'How many feeds are filled?',
    description:
      'Feeds that were read and not kept yet, or had expired, per second. It falls as everybody who reads has read once.',
    unit: 'ops',
    mayBeEmpty: noKeptFeeds,
    queries: [{ expr: service.rate('feedFills', { by, where: { outcome: 'kept' } }), legend: ofCandidate }],
  },
  {
    title: 'Are fills given up?',
    description:
      'Within the window of rare events: they waited for a writer for too long, and are made at the next read.',
    unit: 'short',
    badFrom: 1,
    mayBeEmpty: noKeptFeeds,
    queries: [{ expr: rarely.rate('feedFills', { by, where: { outcome: 'failed' } }), legend: ofCandidate }],
  },
];

const activeFeeds: readonly Panel[] = [
  {
    title: 'How many active feeds are hits?',
    description:
      'Share of the reads that found the feed of an active person in the memory of the replica. Low with evictions for room: make active larger. Low without: feeds change faster than they are read.',
    unit: 'percentunit',
    mayBeEmpty: noActiveFeeds,
    queries: [
      {
        expr: `${service.rate('feedActiveReads', { by, where: { result: 'hit' } })} / (${service.rate('feedActiveReads', { by })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'Why do active feeds go?',
    description:
      'Per second: for room, since they have changed, or since changes may have been missed. Each is read anew when its reader comes back.',
    unit: 'ops',
    mayBeEmpty: noActiveFeeds,
    queries: [
      {
        expr: leadingRates(service, 'feedActiveEvictions', { by: byReason }),
        legend: '{{candidate}} {{reason}}',
      },
    ],
  },
  {
    title: 'How many are read anew?',
    description: 'Feeds of active people per second that were not in memory, or had changed.',
    unit: 'ops',
    mayBeEmpty: noActiveFeeds,
    queries: [{ expr: service.rate('feedRecomputes', { by }), legend: ofCandidate }],
  },
  {
    title: 'How much memory do active feeds take?',
    description: 'About, over all replicas. It is bounded by active and by 64 MiB for each replica.',
    unit: 'bytes',
    columns: 12,
    mayBeEmpty: noActiveFeeds,
    queries: [{ expr: service.sum('feedActiveSize', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many active feeds are held?',
    description: 'Over all replicas; each may hold active of them.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: noActiveFeeds,
    queries: [{ expr: service.sum('feedActiveEntries', { by }), legend: ofCandidate }],
  },
];

export const feedsBoard: Board = {
  uid: 'darkroom-feeds',
  title: titleOf('darkroom-feeds'),
  description: 'What follows from actions behind their answers, and how late.',
  rows: [
    { title: 'At a glance', panels: atAGlance },
    { title: 'The outbox', panels: outbox },
    { title: 'Feeds that are kept', panels: keptFeeds },
    { title: 'Feeds of active people', panels: activeFeeds },
  ],
};
