import { scrapeJobs } from '../../app/contract/metric-catalogue.ts';
import {
  before,
  byInstance,
  chosenCandidate,
  everything,
  lately,
  rareWindow,
  service,
} from '../board-scope.ts';
import type { Panel, PanelQuery } from '../board.ts';
import { gaugeShare } from '../gauge-share.ts';

/** The processes of a part of the service. */
export type PartOfService = {
  /** What they are called: workers. */
  readonly who: string;
  /** A series that all of them have at all times, and no other process. */
  readonly processes: string;
  /** Which of the processes beside the replicas they are; null: the replicas. */
  readonly kinds: readonly string[] | null;
};

/** Growth is shown up to this factor: more says nothing more, and would hide all else in the panel. */
const growthShownMax = 10;

const among = (processes: string): string => `and on (${byInstance.join(', ')}) ${processes}`;

/**
 * The share of its processes that answer their scrape. The series of a process end with it: without this
 * share, the panel that asks whether it works would show a gap just when nothing does.
 */
export function answering({ kinds }: PartOfService): string {
  const job = kinds === null ? scrapeJobs.service : scrapeJobs.process;
  const where = { job, ...(kinds !== null && { kind: { anyOf: kinds } }), candidate: chosenCandidate };
  return `avg by (candidate) (${everything.value('up', where)})`;
}

/** What is it short of? The busiest of its processes, and `more`, each as a share of what there is. */
export function shortage({ who, processes }: PartOfService, more: readonly PanelQuery[] = []): Panel {
  const pool = gaugeShare(service, 'storageConnections', 'storageConnectionsMax', { state: 'used' });
  return {
    title: `What are ${who} short of?`,
    description:
      'The busiest of them: share of the time in which its event loop was busy, and of the connections to PostgreSQL that are in use. Near 100 %, what waits is waiting for that.',
    unit: 'percentunit',
    badFrom: 0.9,
    answers: 'short',
    leadsTo: ['darkroom-node', 'darkroom-stores'],
    queries: [
      {
        expr: `max by (candidate) (${service.value('eventLoopUtilization')} ${among(processes)})`,
        legend: '{{candidate}} event loop',
      },
      { expr: `max by (candidate) (${pool} ${among(processes)})`, legend: '{{candidate}} connections' },
      ...more,
    ],
  };
}

/** What has changed? How often its processes have begun, and `more`, within the window of what is rare. */
export function changes({ processes }: PartOfService, more: readonly PanelQuery[]): Panel {
  return {
    title: 'What has changed?',
    description: `Within the window of rare events: how often a process was started again, and how many times as much is asked as in the window before (${growthShownMax} stands for more). Other changes are marked on all panels.`,
    unit: 'short',
    answers: 'changed',
    queries: [
      {
        expr: `sum by (candidate) (changes(${service.value('processStart')}[${rareWindow}]) ${among(processes)})`,
        legend: '{{candidate}} restarts',
      },
      ...more,
    ],
  };
}

/** How many times as much there is of something as in the window before; of what was not there before, the most that is shown. */
export function growth(what: string, rateOf: (promql: typeof service) => string): PanelQuery {
  const now = rateOf(lately);
  const many = `clamp_max(${now} / (${rateOf(before)} > 0), ${growthShownMax})`;
  return { legend: `{{candidate}} ${what}`, expr: `${many} or ${growthShownMax} * (${now} > bool 0)` };
}
