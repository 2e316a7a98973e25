import { withText } from '../board.ts';
import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  byInstance,
  driver,
  driverLately,
  driverRarely,
  leading,
  leadingTails,
  ofCandidate,
  ofInstance,
  peakInView,
  service,
} from '../board-scope.ts';

const offered = driver.rate('loadOffered', { by });
const answered = driver.rate('loadRequests', { by });
const runLabels = ['candidate', 'scenario', 'seed', 'telemetry_mode'] as const;
const clientP99 = driver.quantile(0.99, 'loadResponseDuration', { by });
const serviceP99 = service.quantile(0.99, 'requestDuration', { by });

const load: readonly Panel[] = [
  {
    title: 'Does the service keep up with what is offered?',
    description:
      'Offered is the schedule, whatever the answers do (open loop). Answered below it for long: requests pile up, or are dropped. While the candidates of an experiment warm up, each request waits for an answer (closed loop): both lines are then what the machine has room for.',
    unit: 'reqps',
    columns: 12,
    queries: [
      { expr: offered, legend: '{{candidate}} offered' },
      { expr: answered, legend: '{{candidate}} answered' },
    ],
  },
  {
    title: 'How long do requests take, inside and outside (p99)?',
    description:
      "Of the client, from sending on an open connection to the last byte, beside the service's own. What lies between them is waiting for the service to begin, the way there and back, and a generator that is slow to hear. How late it sends is in neither.",
    unit: 's',
    columns: 12,
    leadsTo: ['darkroom-service'],
    queries: [
      { expr: clientP99, legend: '{{candidate}} client' },
      { expr: serviceP99, legend: '{{candidate}} service', hasExemplars: true },
    ],
  },
  {
    title: 'How much longer do clients wait?',
    description:
      'p99 of the client beyond that of the service; nothing where quantiles of few requests say less. Hold it against the event loop and the pool beside it: who rises first is the queue.',
    unit: 's',
    queries: [{ expr: `clamp_min(${clientP99} - ${serviceP99}, 0)`, legend: '{{candidate}} p99' }],
  },
  {
    title: 'Where do they wait?',
    description: 'Utilisation of the event loop, on the same time as the figure beside it.',
    unit: 'percentunit',
    badFrom: 0.9,
    leadsTo: ['darkroom-node'],
    queries: [
      {
        expr: leading(
          peakInView(service, 'eventLoopUtilization', { by: byInstance }),
          byInstance,
          service.max('eventLoopUtilization', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How long for a connection (p99)?',
    description: 'Time that a query waits for a connection of the pool, on the same time again.',
    unit: 's',
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leadingTails('storageWait', { by: byInstance }),
        legend: ofInstance,
      },
    ],
  },
];

const shortfall: readonly Panel[] = [
  {
    title: 'Which share of the requests fails for clients?',
    description:
      'Answers that the scenario did not expect, and requests given up, within the window of rare events.',
    unit: 'percentunit',
    columns: 12,
    badFrom: 0.01,
    leadsTo: ['darkroom-service'],
    queries: [
      {
        expr: `${driverLately.rate('loadRequests', { by, where: { outcome: 'failed' } })} / (${driverLately.rate('loadRequests', { by })} > 0)`,
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'Does the generator leave requests out?',
    description:
      'Dropped within the window of rare events; what one generator drops for several candidates is shared equally. Anything above nothing: what is measured is kinder than what was asked for.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    queries: [{ expr: driverRarely.rate('loadDropped', { by }), legend: ofCandidate }],
  },
  {
    title: 'What runs?',
    description: 'The scenario, its seed and the telemetry mode of each candidate.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'scenario', title: 'Scenario' },
      { of: 'seed', title: 'Seed' },
      { of: 'telemetry_mode', title: 'Telemetry' },
    ],
    queries: [{ expr: driver.max('loadInfo', { by: runLabels }), legend: '{{scenario}}' }],
  },
];

export const loadBoard: Board = {
  uid: 'darkroom-load',
  title: titleOf('darkroom-load'),
  description: 'What is asked of the service, and what its clients get.',
  rows: [{ title: 'Load', panels: withText('the command line puts no load', [...load, ...shortfall]) }],
};
