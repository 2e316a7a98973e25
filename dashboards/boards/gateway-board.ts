import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  byInstance,
  lapseInView,
  lately,
  leading,
  leadingRates,
  ofCandidate,
  ofInstance,
  peakInView,
  rareWindow,
  rarely,
  service,
} from '../board-scope.ts';
import { answering, changes, growth, shortage } from '../panels/first-row.ts';
import type { PartOfService } from '../panels/first-row.ts';

const noGateway = 'no candidate has a gateway';
const noReplica = 'no candidate has gateways with replicas';
const byWay = ['candidate', 'way', 'reason'] as const;
const byCode = ['candidate', 'code'] as const;
const byOutcome = ['candidate', 'outcome'] as const;
const answeredShare = 0.999;
/** What may wait for a gateway before it is cut off. */
const queuedBytesMax = 64 * 2 ** 20;
/** A series for each process of the gateway: those that may lead, and those that have a replica. */
const ofGateway = `(${service.value('leaderIsLeader')} or ${service.value('gatewaySynchronised')})`;
const processes: PartOfService = {
  who: 'gateways and leader',
  processes: ofGateway,
  kinds: ['gateway', 'leader'],
};
const queries = lately.rate('gatewayQueries', { by });
const refused = lately.rate('gatewayRefusals', { by });

/** Of a gauge of the gateways, those in which it was greatest in the time in view. */
function greatest(key: 'gatewayStaleness' | 'gatewayReplicaRecords'): Panel['queries'] {
  const of = { by: byInstance };
  const expr = leading(peakInView(service, key, of), byInstance, service.max(key, of));
  return [{ expr, legend: ofInstance }];
}

const atAGlance: readonly Panel[] = [
  {
    title: 'Are queries of metadata answered?',
    description:
      'Share of what is asked of the gateways that is not refused, within the window of rare events; and of the gateways and those who may lead, those that answer. A failover refuses some for seconds.',
    unit: 'percentunit',
    badBelow: answeredShare,
    answers: 'works',
    mayBeEmpty: noGateway,
    queries: [
      { expr: `${queries} / (${queries} + ${refused} > 0)`, legend: '{{candidate}} answered' },
      { expr: answering(processes), legend: '{{candidate}} processes' },
    ],
  },
  {
    ...shortage(processes, [
      {
        legend: '{{candidate}} room for streams',
        expr: `max by (candidate) (${service.value('leaderQueuedBytes')}) / ${queuedBytesMax}`,
      },
    ]),
    title: 'What is the gateway short of?',
    description:
      'The busiest of the gateways and of those who may lead: share of the time in which its event loop was busy, of its connections to PostgreSQL, and of what may wait for a gateway before it is cut off.',
    mayBeEmpty: noGateway,
  },
  {
    ...changes(processes, [
      growth('queries', (promql) => promql.rate('gatewayQueries', { by })),
      {
        legend: '{{candidate}} new leaders',
        expr: `max by (candidate) (changes(${service.value('leaderEpoch')}[${rareWindow}]))`,
      },
    ]),
    mayBeEmpty: noGateway,
  },
];

const asked: readonly Panel[] = [
  {
    title: 'Who answers queries of metadata?',
    description:
      'Per second: the replica after synchronisation, the replica at once, or the leader; and why in that way. stale: the replica was too old; empty: it had no records yet; caller: who asked is not allowed.',
    unit: 'ops',
    columns: 12,
    mayBeEmpty: noGateway,
    queries: [
      {
        expr: leadingRates(service, 'gatewayQueries', { by: byWay }),
        legend: '{{candidate}} {{way}} {{reason}}',
      },
    ],
  },
  {
    title: 'How long do queries wait for the leader (p99)?',
    description:
      'Until the replica is known to have all that the leader had. About half of the gap of keep-alives and of events, and more where the leader or the gateway is busy.',
    unit: 's',
    columns: 12,
    mayBeEmpty: noReplica,
    queries: [{ expr: service.quantile(0.99, 'gatewaySyncDelay', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many queries share a keep-alive?',
    description:
      'Consistent queries for each question to the leader. It grows with the load: the leader is asked at most once in the gap of keep-alives, however much is asked of the gateway.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: noReplica,
    queries: [
      {
        expr: `${service.rate('gatewayQueries', { by, where: { way: 'consistent' } })} / (${service.rate('gatewayKeepAlives', { by })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'What is refused?',
    description:
      'Within the window of rare events, with 503: without a synchronised replica, without a leader, or without a replica of the service. During a failover it is right; afterwards it must end.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    mayBeEmpty: noGateway,
    queries: [
      {
        expr: leadingRates(rarely, 'gatewayRefusals', { by: byCode }),
        legend: '{{candidate}} {{code}}',
      },
    ],
  },
];

const replicas: readonly Panel[] = [
  {
    title: 'Which gateways are synchronised?',
    description:
      'Yes: it has a whole replica and hears of a leader. No for more than moments: see the leader.',
    unit: 'bool_yes_no',
    columns: 12,
    mayBeEmpty: noReplica,
    queries: [
      {
        expr: leading(
          lapseInView('gatewaySynchronised', byInstance),
          byInstance,
          service.max('gatewaySynchronised', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How old are replicas at most?',
    description:
      'Since they were known to be whole. Half a second when nobody asks. Beyond staleness-max eventual queries go to the leader.',
    unit: 's',
    columns: 12,
    mayBeEmpty: noReplica,
    queries: greatest('gatewayStaleness'),
  },
  {
    title: 'How many records has each gateway?',
    description:
      'As many as the leader, all the same, however old they are. Fewer for long: it does not hear of changes.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: noReplica,
    queries: greatest('gatewayReplicaRecords'),
  },
  {
    title: 'How often do gateways lose the leader?',
    description:
      'Connections to a leader that came up, and that were lost, within the window of rare events.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    mayBeEmpty: noReplica,
    queries: [
      {
        expr: rarely.rate('gatewayLeaderConnections', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
];

const leader: readonly Panel[] = [
  {
    title: 'Who leads?',
    description: 'This process holds the lease. One does; none for more than a failover is an outage.',
    unit: 'bool_yes_no',
    mayBeEmpty: noGateway,
    queries: [
      {
        expr: leading(
          peakInView(service, 'leaderEpoch', { by: byInstance }),
          byInstance,
          service.max('leaderIsLeader', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How often has leadership changed?',
    description: 'The epoch: it rises with each leader.',
    unit: 'short',
    mayBeEmpty: noGateway,
    queries: [{ expr: service.max('leaderEpoch', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many gateways have a stream?',
    description: 'From the leader: all of them. Fewer: see which one is not synchronised.',
    unit: 'short',
    mayBeEmpty: noGateway,
    queries: [{ expr: service.sum('leaderGateways', { by }), legend: ofCandidate }],
  },
  {
    title: 'How much does the leader send?',
    description:
      'Bytes per second to all gateways: changes, acknowledgements, and a snapshot for each connection. It follows gateways and writes, not queries.',
    unit: 'Bps',
    mayBeEmpty: noGateway,
    queries: [{ expr: service.rate('leaderStreamBytes', { by }), legend: ofCandidate }],
  },
  {
    title: 'How much waits for a gateway?',
    description: 'Bytes, for the slowest one. At 64 MiB it is cut off and begins again with a snapshot.',
    unit: 'bytes',
    mayBeEmpty: noGateway,
    queries: [{ expr: service.max('leaderQueuedBytes', { by }), legend: ofCandidate }],
  },
  {
    title: 'How many gateways were cut off?',
    description: 'Within the window of rare events, since too much waited for them.',
    unit: 'short',
    badFrom: 1,
    mayBeEmpty: noGateway,
    queries: [{ expr: rarely.rate('leaderGatewaysCut', { by }), legend: ofCandidate }],
  },
  {
    title: 'What becomes of writes?',
    description:
      'Within the window of rare events. Refused: another process leads by now, or there is no such record. Failed: storage has not taken it.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: noGateway,
    queries: [{ expr: rarely.rate('leaderWrites', { by: byOutcome }), legend: '{{candidate}} {{outcome}}' }],
  },
  {
    title: 'How long does a write take (p99)?',
    description: 'At the leader: storage, memory, and the stream that has it.',
    unit: 's',
    columns: 12,
    mayBeEmpty: noGateway,
    leadsTo: ['darkroom-stores'],
    queries: [{ expr: service.quantile(0.99, 'leaderWriteDuration', { by }), legend: ofCandidate }],
  },
];

export const gatewayBoard: Board = {
  uid: 'darkroom-gateway',
  title: titleOf('darkroom-gateway'),
  description: 'Metadata that one process owns, behind gateways that answer for it.',
  rows: [
    { title: 'At a glance', panels: atAGlance },
    { title: 'Queries', panels: asked },
    { title: 'Replicas', panels: replicas },
    { title: 'Leader', panels: leader },
  ],
};
