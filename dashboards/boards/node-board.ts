import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import { byInstance, inView, leading, ofInstance, peakInView, rareWindow, service } from '../board-scope.ts';
import { perRequest } from '../cache-ratios.ts';
import type { GaugeKey } from '../promql.ts';

/** A gauge of processes, for those in which it was greatest in the time in view. */
function greatest(key: GaugeKey): Panel['queries'] {
  const expr = leading(peakInView(service, key, { by: byInstance }), byInstance, service.value(key));
  return [{ expr, legend: ofInstance }];
}

const byCpu = inView.rate('processCpu', { by: byInstance });

const time: readonly Panel[] = [
  {
    title: 'How busy is the event loop?',
    description:
      'Share of the time in which it did something, in the busiest processes. Above 90 % requests queue before anything of them is done.',
    unit: 'percentunit',
    badFrom: 0.9,
    leadsTo: ['darkroom-service'],
    queries: greatest('eventLoopUtilization'),
  },
  {
    title: 'How late is the event loop (p50)?',
    description:
      'Delay since the last scrape: how much later than asked for a timer of 10 ms came. Near nothing when idle.',
    unit: 's',
    queries: greatest('eventLoopLagP50'),
  },
  {
    title: 'How late is the event loop (p99)?',
    description:
      'The same of the latest one in a hundred. Above some milliseconds requests wait for each other.',
    unit: 's',
    queries: greatest('eventLoopLagP99'),
  },
  {
    title: 'How much CPU does a process use?',
    description:
      'In cores, with all of its threads; those that use most in the time in view. Node runs requests in one of them.',
    unit: 'short',
    queries: [
      {
        expr: leading(byCpu, byInstance, service.rate('processCpu', { by: byInstance })),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'What does a request cost?',
    description:
      "Seconds of the service's CPU per request. A gap where a replica gets less than one request per second.",
    unit: 's',
    queries: [
      {
        expr: leading(
          inView.observations('requestDuration', { by: byInstance }),
          byInstance,
          perRequest(
            service.rate('processCpu', { by: byInstance }),
            service.observations('requestDuration', { by: byInstance }),
          ),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How much time goes into garbage?',
    description: 'Share of the time in which garbage is collected. More than a tenth is too much.',
    unit: 'percentunit',
    badFrom: 0.1,
    queries: [
      {
        expr: leading(
          inView.observedSum('gcDuration', { by: byInstance }),
          byInstance,
          service.observedSum('gcDuration', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
];

const room: readonly Panel[] = [
  {
    title: 'How much heap is in use?',
    description: 'What grows from collection to collection is a leak.',
    unit: 'bytes',
    queries: greatest('heapUsed'),
  },
  {
    title: 'How much heap is reserved?',
    description: 'From the system, for the heap. It follows what is in use, and falls later.',
    unit: 'bytes',
    queries: greatest('heapTotal'),
  },
  {
    title: 'How much memory is resident?',
    description: 'All of the process: heap, buffers, code. This is what the machine runs out of.',
    unit: 'bytes',
    queries: greatest('residentMemory'),
  },
  {
    title: 'How many handles are open?',
    description: 'What keeps a process alive: sockets, timers, servers. It grows with connections.',
    unit: 'short',
    queries: greatest('activeHandles'),
  },
  {
    title: 'How many files are open?',
    description: 'File descriptors. They grow with connections, and fall with them.',
    unit: 'short',
    queries: greatest('openFiles'),
  },
  {
    title: 'Were processes started again?',
    description: 'How often the start time of a process has changed within the window of rare events.',
    unit: 'short',
    badFrom: 1,
    queries: [
      {
        expr: leading(
          `max by (candidate, instance) (changes(${service.value('processStart')}[$__range] @ end()))`,
          byInstance,
          `changes(${service.value('processStart')}[${rareWindow}])`,
        ),
        legend: ofInstance,
      },
    ],
  },
];

export const nodeBoard: Board = {
  uid: 'darkroom-node',
  title: titleOf('darkroom-node'),
  description: 'What the processes of the service need.',
  rows: [
    { title: 'Time', panels: time },
    { title: 'Room', panels: room },
  ],
};
