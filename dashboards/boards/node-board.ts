import type { Board } from '../board.ts';
import { byInstance, ofInstance, service } from '../board-scope.ts';
import { perRequest } from '../cache-ratios.ts';

export const nodeBoard: Board = {
  uid: 'darkroom-node',
  title: 'Darkroom: Node runtime',
  description: 'What the processes of the service need.',
  rows: [
    {
      title: 'Time',
      panels: [
        {
          title: 'How busy is the event loop?',
          description:
            'Share of the time in which it did something. Above 90 % requests queue before anything of them is done.',
          unit: 'percentunit',
          badFrom: 0.9,
          leadsTo: ['darkroom-service'],
          queries: [{ expr: service.value('eventLoopUtilization'), legend: ofInstance }],
        },
        {
          title: 'How late is it?',
          description:
            'Delay of the event loop since the last scrape, p50 and p99: how much later than asked for a timer of 10 ms came. Near nothing when idle; above some milliseconds requests wait for each other.',
          unit: 's',
          queries: [
            { expr: service.value('eventLoopLagP50'), legend: `${ofInstance} p50` },
            { expr: service.value('eventLoopLagP99'), legend: `${ofInstance} p99` },
          ],
        },
        {
          title: 'How much CPU does a process use?',
          description: 'In cores, with all of its threads. Node runs requests in one of them.',
          unit: 'short',
          queries: [{ expr: service.rate('processCpu', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'What does a request cost?',
          description:
            "Seconds of the service's CPU per request. A gap where a replica gets less than one request per second.",
          unit: 's',
          queries: [
            {
              expr: perRequest(
                service.rate('processCpu', { by: byInstance }),
                service.observations('requestDuration', { by: byInstance }),
              ),
              legend: ofInstance,
            },
          ],
        },
        {
          title: 'How much time goes into collecting garbage?',
          description: 'Share of the time, by kind of collection. More than a tenth is too much.',
          unit: 'percentunit',
          badFrom: 0.1,
          queries: [
            {
              expr: service.observedSum('gcDuration', { by: [...byInstance, 'kind'] }),
              legend: `${ofInstance} {{kind}}`,
            },
          ],
        },
        {
          title: 'Were processes started again?',
          description: 'How often the start time of a process has changed in the last hour.',
          unit: 'short',
          badFrom: 1,
          queries: [{ expr: `changes(${service.value('processStart')}[1h])`, legend: ofInstance }],
        },
      ],
    },
    {
      title: 'Room',
      panels: [
        {
          title: 'How much memory is in use?',
          description:
            'Heap in use and reserved, and all resident memory. In use that grows from collection to collection is a leak.',
          unit: 'bytes',
          columns: 12,
          queries: [
            { expr: service.value('heapUsed'), legend: `${ofInstance} heap used` },
            { expr: service.value('heapTotal'), legend: `${ofInstance} heap` },
            { expr: service.value('residentMemory'), legend: `${ofInstance} resident` },
          ],
        },
        {
          title: 'What is held open?',
          description: 'Handles and file descriptors. Both grow with connections, and fall with them.',
          unit: 'short',
          columns: 12,
          queries: [
            { expr: service.value('activeHandles'), legend: `${ofInstance} handles` },
            { expr: service.value('openFiles'), legend: `${ofInstance} files` },
          ],
        },
      ],
    },
  ],
};
