import type { Board } from '../board.ts';
import { by, byInstance, ofCandidate, ofInstance, service } from '../board-scope.ts';

const noGateway = 'no candidate has a gateway';
const noReplica = 'no candidate has gateways with replicas';

export const gatewayBoard: Board = {
  uid: 'darkroom-gateway',
  title: 'Darkroom: consistent gateway',
  description: 'Metadata that one process owns, behind gateways that answer for it.',
  rows: [
    {
      title: 'Queries',
      panels: [
        {
          title: 'Who answers queries of metadata?',
          description:
            'Per second: the replica after synchronisation, the replica at once, or the leader; and why in that way. stale: the replica was too old; caller: who asked is not allowed.',
          unit: 'ops',
          mayBeEmpty: noGateway,
          queries: [
            {
              expr: service.rate('gatewayQueries', { by: ['candidate', 'way', 'reason'] }),
              legend: '{{candidate}} {{way}} {{reason}}',
            },
          ],
        },
        {
          title: 'How long do queries wait for the leader?',
          description:
            'p50 and p99 of the wait until the replica is known to have all that the leader had. About half of the gap of keep-alives and of events, and more where the leader or the gateway is busy.',
          unit: 's',
          mayBeEmpty: noReplica,
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'gatewaySyncDelay', { by }),
            legend: `{{candidate}} p${q * 100}`,
          })),
        },
        {
          title: 'How many queries share a keep-alive?',
          description:
            'Consistent queries for each question to the leader. It grows with the load: the leader is asked at most once in the gap of keep-alives, however much is asked of the gateway.',
          unit: 'short',
          mayBeEmpty: noReplica,
          queries: [
            {
              expr: `${service.rate('gatewayQueries', { by, where: { way: 'consistent' } })} / ${service.rate('gatewayKeepAlives', { by })}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'What is refused?',
          description:
            'Per second, with 503: without a synchronised replica, without a leader, or without a replica of the service. During a failover it is right; afterwards it must end.',
          unit: 'ops',
          badFrom: 1,
          mayBeEmpty: noGateway,
          queries: [
            {
              expr: service.rate('gatewayRefusals', { by: ['candidate', 'code'] }),
              legend: '{{candidate}} {{code}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Replicas',
      panels: [
        {
          title: 'Which gateways are synchronised?',
          description:
            '1: it has a whole replica and hears of a leader. 0 for more than moments: see the leader.',
          unit: 'none',
          mayBeEmpty: noReplica,
          queries: [{ expr: service.max('gatewaySynchronised', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How old are replicas at most?',
          description:
            'Since they were known to be whole. Half a second when nobody asks. Beyond staleness-max eventual queries go to the leader.',
          unit: 's',
          mayBeEmpty: noReplica,
          queries: [{ expr: service.max('gatewayStaleness', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How many records has each gateway?',
          description: 'As many as the leader, all the same. Fewer: its snapshot is not whole.',
          unit: 'short',
          mayBeEmpty: noReplica,
          queries: [{ expr: service.max('gatewayReplicaRecords', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How often do gateways lose the leader?',
          description: 'Connections to a leader that came up, and that were lost, per second.',
          unit: 'ops',
          mayBeEmpty: noReplica,
          queries: [
            {
              expr: service.rate('gatewayLeaderConnections', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Leader',
      panels: [
        {
          title: 'Who leads?',
          description:
            '1: this process holds the lease. One does; none for more than a failover is an outage.',
          unit: 'none',
          mayBeEmpty: noGateway,
          queries: [{ expr: service.max('leaderIsLeader', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How often has leadership changed?',
          description: 'The epoch: it rises with each leader.',
          unit: 'short',
          mayBeEmpty: noGateway,
          queries: [{ expr: service.max('leaderEpoch', { by }), legend: ofCandidate }],
        },
        {
          title: 'How many gateways does the leader stream to?',
          description: 'All of them. Fewer: see which one is not synchronised.',
          unit: 'short',
          mayBeEmpty: noGateway,
          queries: [{ expr: service.sum('leaderGateways', { by }), legend: ofCandidate }],
        },
        {
          title: 'How much does the leader send?',
          description:
            'Bytes per second to all gateways: changes, acknowledgements, and a snapshot for each connection. It follows gateways and writes, not queries.',
          unit: 'bytes',
          mayBeEmpty: noGateway,
          queries: [{ expr: service.rate('leaderStreamBytes', { by }), legend: ofCandidate }],
        },
        {
          title: 'How much waits for the slowest gateway?',
          description: 'Bytes. At 64 MiB it is cut off and begins again with a snapshot.',
          unit: 'bytes',
          mayBeEmpty: noGateway,
          queries: [{ expr: service.max('leaderQueuedBytes', { by }), legend: ofCandidate }],
        },
        {
          title: 'How many gateways were cut off?',
          description: 'Per second, since too much waited for them.',
          unit: 'ops',
          badFrom: 0.01,
          mayBeEmpty: noGateway,
          queries: [{ expr: service.rate('leaderGatewaysCut', { by }), legend: ofCandidate }],
        },
        {
          title: 'What becomes of writes?',
          description:
            'Per second. Refused: another process leads by now, or there is no such record. Failed: storage has not taken it.',
          unit: 'ops',
          mayBeEmpty: noGateway,
          queries: [
            {
              expr: service.rate('leaderWrites', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How long does a write take?',
          description: 'p50 and p99 at the leader: storage, memory, and the stream that has it.',
          unit: 's',
          mayBeEmpty: noGateway,
          leadsTo: ['darkroom-stores'],
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'leaderWriteDuration', { by }),
            legend: `{{candidate}} p${q * 100}`,
          })),
        },
      ],
    },
  ],
};
