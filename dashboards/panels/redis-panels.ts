import type { Panel } from '../board.ts';
import { by, leading, ofCandidate, redis, redisInView, service } from '../board-scope.ts';
import { sentToRedis } from '../cache-ratios.ts';

const byCommand = ['candidate', 'cmd'] as const;
const serverMean = `sum by (candidate) (rate(${redis.counter('redisCommandSeconds')}[$__rate_interval])) / (${redis.rate('redisCommands', { by })} > 0)`;
const found = redis.rate('redisKeyspaceHits', { by });

/** Redis, of itself and beside what the service sees of it. */
export const redisPanels: readonly Panel[] = [
  {
    title: 'Does Redis answer?',
    description: 'Whether its exporter reaches it.',
    unit: 'bool_yes_no',
    queries: [{ expr: redis.max('redisUp', { by }), legend: ofCandidate }],
  },
  {
    title: 'Which commands does Redis process?',
    description: 'Per second: the most frequent ones in the time in view.',
    unit: 'ops',
    queries: [
      {
        expr: leading(
          redisInView.rate('redisCommands', { by: byCommand }),
          byCommand,
          redis.rate('redisCommands', { by: byCommand }),
        ),
        legend: '{{candidate}} {{cmd}}',
      },
    ],
  },
  {
    title: 'How long do its commands take?',
    description:
      'Mean time seen by the service beside that inside Redis: the rest is the network, and the queues at both its ends.',
    unit: 's',
    queries: [
      {
        expr: service.mean('cacheOperationDuration', { by, where: sentToRedis }),
        legend: '{{candidate}} seen by the service',
      },
      { expr: serverMean, legend: '{{candidate}} inside Redis' },
    ],
  },
  {
    title: 'How much memory does Redis use?',
    description: 'Beside its limit, where it has one. At the limit it evicts, or refuses writes.',
    unit: 'bytes',
    queries: [
      { expr: redis.max('redisMemoryUsed', { by }), legend: '{{candidate}} used' },
      { expr: redis.max('redisMemoryMax', { by }), legend: '{{candidate}} allowed' },
    ],
  },
  {
    title: 'What leaves Redis?',
    description: 'Keys per second that were evicted for room, and that expired.',
    unit: 'ops',
    queries: [
      { expr: redis.rate('redisEvicted', { by }), legend: '{{candidate}} evicted' },
      { expr: redis.rate('redisExpired', { by }), legend: '{{candidate}} expired' },
    ],
  },
  {
    title: 'Does Redis find what is asked?',
    description:
      'Its own hit ratio. It only sees what memory does not answer, so that it is lower than that of the caches.',
    unit: 'percentunit',
    leadsTo: ['darkroom-cache'],
    queries: [
      {
        expr: `${found} / (${found} + ${redis.rate('redisKeyspaceMisses', { by })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'Who is connected to Redis?',
    description: 'Connections, and those of them that wait for a key.',
    unit: 'short',
    columns: 12,
    queries: [
      { expr: redis.max('redisClients', { by }), legend: '{{candidate}} connected' },
      { expr: redis.max('redisBlockedClients', { by }), legend: '{{candidate}} blocked' },
    ],
  },
  {
    title: 'Is its memory fragmented?',
    description: 'Resident over used memory. Far above 1.5 memory is wasted; below 1 it is swapped out.',
    unit: 'short',
    columns: 12,
    queries: [{ expr: redis.max('redisFragmentation', { by }), legend: ofCandidate }],
  },
];
