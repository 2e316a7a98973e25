import type { Board } from '../board.ts';
import { by, byInstance, ofCandidate, ofInstance, postgres, redis, service } from '../board-scope.ts';
import { sentToRedis } from '../cache-ratios.ts';

const serverMean = `sum by (candidate) (rate(${redis.counter('redisCommandSeconds')}[$__rate_interval])) / ${redis.rate('redisCommands', { by })}`;

export const storesBoard: Board = {
  uid: 'darkroom-stores',
  title: 'Darkroom: back ends',
  description: 'PostgreSQL and Redis: how the service sees them, and what they say of themselves.',
  rows: [
    {
      title: 'PostgreSQL, seen by the service',
      panels: [
        {
          title: 'How long do queries take?',
          description: 'p99 by the name of the statement, with the wait for a connection.',
          unit: 's',
          columns: 12,
          queries: [
            {
              expr: service.quantile(0.99, 'storageDuration', { by: ['candidate', 'db_operation_name'] }),
              legend: '{{candidate}} {{db_operation_name}}',
            },
          ],
        },
        {
          title: 'Which queries are made?',
          description: 'Per second, by the name of the statement.',
          unit: 'ops',
          columns: 12,
          leadsTo: ['darkroom-cache'],
          queries: [
            {
              expr: service.observations('storageDuration', { by: ['candidate', 'db_operation_name'] }),
              legend: '{{candidate}} {{db_operation_name}}',
            },
          ],
        },
        {
          title: 'Does anybody wait for a connection?',
          description:
            'Requests that wait, of each replica. More than none for long: queries are slow, or there are too many.',
          unit: 'short',
          badFrom: 1,
          queries: [
            {
              expr: service.sum('storageConnections', { by: byInstance, where: { state: 'pending' } }),
              legend: ofInstance,
            },
          ],
        },
        {
          title: 'How much of the pool is in use?',
          description: 'Connections in use, of those that a replica may have.',
          unit: 'percentunit',
          queries: [
            {
              expr: `${service.sum('storageConnections', { by: byInstance, where: { state: 'used' } })} / ${service.sum('storageConnectionsMax', { by: byInstance })}`,
              legend: ofInstance,
            },
          ],
        },
        {
          title: 'Are queries refused?',
          description:
            'Per second: not sent, because too many waited for a connection. Their requests end with 503, and they are in no other figure of queries.',
          unit: 'ops',
          badFrom: 0.001,
          leadsTo: ['darkroom-service'],
          queries: [{ expr: service.rate('storageRefusals', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'Do queries fail?',
          description: "Per second, by PostgreSQL's code of the error.",
          unit: 'ops',
          mayBeEmpty: 'none has failed',
          queries: [
            {
              expr: service.observations('storageDuration', {
                by: ['candidate', 'error_type'],
                where: { error_type: { pattern: '.+' } },
              }),
              legend: '{{candidate}} {{error_type}}',
            },
          ],
        },
      ],
    },
    {
      title: 'PostgreSQL, of itself',
      panels: [
        {
          title: 'How many transactions are committed?',
          description: 'Per second and database; rolled back ones beside them.',
          unit: 'ops',
          queries: [
            {
              expr: postgres.rate('postgresCommits', {
                by: ['datname'],
                where: { datname: { pattern: '.+' } },
              }),
              legend: '{{datname}}',
            },
            {
              expr: postgres.rate('postgresRollbacks', {
                by: ['datname'],
                where: { datname: { pattern: '.+' } },
              }),
              legend: '{{datname}} rolled back',
            },
          ],
        },
        {
          title: 'Does PostgreSQL find its blocks in memory?',
          description: 'Share of the blocks that were in its own cache. Below 99 % it reads from disk.',
          unit: 'percentunit',
          queries: [
            {
              expr: `${postgres.rate('postgresBlocksHit')} / (${postgres.rate('postgresBlocksHit')} + ${postgres.rate('postgresBlocksRead')})`,
              legend: 'in memory',
            },
          ],
        },
        {
          title: 'How many rows do queries read?',
          description:
            'Per second and database. A jump without more queries is a plan that reads whole tables.',
          unit: 'ops',
          queries: [
            {
              expr: postgres.rate('postgresRowsReturned', {
                by: ['datname'],
                where: { datname: { pattern: '.+' } },
              }),
              legend: '{{datname}}',
            },
          ],
        },
        {
          title: 'Who is connected?',
          description: 'Connections by database.',
          unit: 'short',
          queries: [
            {
              expr: postgres.sum('postgresConnections', {
                by: ['datname'],
                where: { datname: { pattern: '.+' } },
              }),
              legend: '{{datname}}',
            },
          ],
        },
        {
          title: 'Do transactions block each other?',
          description: 'Locks by mode, and deadlocks per second. Exclusive ones for long hold up writers.',
          unit: 'short',
          queries: [
            { expr: postgres.sum('postgresLocks', { by: ['mode'] }), legend: '{{mode}}' },
            { expr: postgres.rate('postgresDeadlocks'), legend: 'deadlocks' },
          ],
        },
        {
          title: 'Does anybody hold back the log?',
          description:
            'Bytes of log that a replication slot has not confirmed. It is kept until they are, up to a limit.',
          unit: 'bytes',
          mayBeEmpty: 'no candidate reads the change stream',
          queries: [
            { expr: postgres.max('postgresSlotLag', { by: ['slot_name'] }), legend: '{{slot_name}}' },
          ],
        },
      ],
    },
    {
      title: 'Redis',
      panels: [
        {
          title: 'Does Redis answer?',
          description: '1 while its exporter reaches it.',
          unit: 'none',
          queries: [{ expr: redis.value('redisUp'), legend: ofCandidate }],
        },
        {
          title: 'Which commands does Redis process?',
          description: 'Per second, the ten most frequent.',
          unit: 'ops',
          queries: [
            {
              expr: `topk(10, ${redis.rate('redisCommands', { by: ['candidate', 'cmd'] })})`,
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
          description: 'Beside its limit. At the limit it evicts, or refuses writes.',
          unit: 'bytes',
          queries: [
            { expr: redis.value('redisMemoryUsed'), legend: '{{candidate}} used' },
            { expr: redis.value('redisMemoryMax'), legend: '{{candidate}} allowed' },
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
          title: 'Does Redis find what it is asked for?',
          description:
            'Its own hit ratio. It only sees what memory does not answer, so that it is lower than that of the caches.',
          unit: 'percentunit',
          leadsTo: ['darkroom-cache'],
          queries: [
            {
              expr: `${redis.rate('redisKeyspaceHits', { by })} / (${redis.rate('redisKeyspaceHits', { by })} + ${redis.rate('redisKeyspaceMisses', { by })})`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'Who is connected to Redis?',
          description: 'Connections, and those of them that wait for a key.',
          unit: 'short',
          queries: [
            { expr: redis.value('redisClients'), legend: '{{candidate}} connected' },
            { expr: redis.value('redisBlockedClients'), legend: '{{candidate}} blocked' },
          ],
        },
        {
          title: 'Is its memory fragmented?',
          description:
            'Resident over used memory. Far above 1.5 memory is wasted; below 1 it is swapped out.',
          unit: 'short',
          queries: [{ expr: redis.value('redisFragmentation'), legend: ofCandidate }],
        },
      ],
    },
  ],
};
