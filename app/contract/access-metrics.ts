import type { Metric } from './metric.ts';

/** What each replica tells of the rights that it answers by: who may see whom, and who is logged in. */
export const accessMetrics = {
  rightsKnown: {
    name: 'darkroom_rights_known',
    type: 'gauge',
    help: 'Whether this replica knows the rights of people (1), or refuses what depends on them (0)',
    labels: [],
  },
  /** A request counts once, since its first question that is refused ends it. Health checks are not counted. */
  rightsRefusals: {
    name: 'darkroom_rights_refusals_total',
    type: 'counter',
    help: 'Questions about the rights of people that were refused with RIGHTS_UNKNOWN',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
