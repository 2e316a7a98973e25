import type { Board } from '../board.ts';
import { by, byInstance, driver, ofCandidate, ofInstance, service } from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';

const offered = driver.rate('loadOffered', { by });
const answered = driver.rate('loadRequests', { by });

export const loadBoard: Board = {
  uid: 'darkroom-load',
  title: 'Darkroom: load run',
  description: 'What is asked of the service, and what its clients get.',
  rows: [
    {
      title: 'Load',
      panels: [
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
          title: 'How long do requests take, inside and outside?',
          description:
            "p99 of the client, from sending on an open connection to the last byte, beside the service's own. What lies between them is waiting for the service to begin, the way there and back, and a generator that is slow to hear. How late it sends is in neither.",
          unit: 's',
          columns: 12,
          leadsTo: ['darkroom-service'],
          queries: [
            { expr: driver.quantile(0.99, 'loadResponseDuration', { by }), legend: '{{candidate}} client' },
            {
              expr: service.quantile(0.99, 'requestDuration', { by }),
              legend: '{{candidate}} service',
              hasExemplars: true,
            },
          ],
        },
        {
          title: 'How much do clients wait beyond the service?',
          description:
            'p99 of the client minus that of the service. Hold it against the event loop and the pool below: who rises first is the queue.',
          unit: 's',
          queries: [
            {
              expr: `${driver.quantile(0.99, 'loadResponseDuration', { by })} - ${service.quantile(0.99, 'requestDuration', { by })}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'Where do they wait?',
          description: 'Utilisation of the event loop, on the same time as the figure beside it.',
          unit: 'percentunit',
          badFrom: 0.9,
          leadsTo: ['darkroom-node'],
          queries: [{ expr: service.max('eventLoopUtilization', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How long do they wait for a connection?',
          description:
            'p99 of the time that a query waits for a connection of the pool, on the same time again.',
          unit: 's',
          leadsTo: ['darkroom-stores'],
          queries: [{ expr: service.quantile(0.99, 'storageWait', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'Which share of the requests fails for clients?',
          description: 'Answers that the scenario did not expect, and requests given up.',
          unit: 'percentunit',
          badFrom: 0.01,
          leadsTo: ['darkroom-service'],
          queries: [
            {
              expr: `${orZero(driver.rate('loadRequests', { by, where: { outcome: 'failed' } }), answered)} / ${answered}`,
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'Does the generator leave requests out?',
          description:
            'Dropped per second; what one generator drops for several candidates is shared equally. Anything above nothing: what is measured is kinder than what was asked for.',
          unit: 'reqps',
          badFrom: 0.001,
          queries: [{ expr: driver.rate('loadDropped', { by }), legend: ofCandidate }],
        },
        {
          title: 'What runs?',
          description: 'The scenario, its seed and the telemetry mode of each candidate.',
          unit: 'none',
          kind: 'table',
          columns: 24,
          queries: [{ expr: driver.value('loadInfo'), legend: '{{scenario}} {{candidate}}' }],
        },
      ],
    },
  ],
};
