import { feedSeconds, photoReadSeconds } from '../app/contract/objectives.ts';
import type { ObjectiveName } from '../app/contract/objectives.ts';
import { operations } from '../app/contract/operations.ts';
import type { createPromql } from './promql.ts';

type Promql = ReturnType<typeof createPromql>;

/** All events that an objective is about, and the good ones among them: series of which there may be none yet. */
export type ObjectiveEvents = { readonly all: string; readonly good: string };

/**
 * Statuses of requests that do not count as answered in time, however fast that went: the service failed or
 * shed the load (5xx), or the client left before the answer (499).
 */
const unanswered = '5..|499';

/** What is good and what is bad, said once: alerts and boards hold the same against the promise. By candidate. */
export function objectiveEvents(promql: Promql, name: ObjectiveName): ObjectiveEvents {
  const by = ['candidate'] as const;
  const inTime = (route: string, seconds: number): ObjectiveEvents => {
    const where = { http_request_method: 'GET', http_route: route };
    const answered = { ...where, http_response_status_code: { butNot: unanswered } };
    return {
      all: promql.observations('requestDuration', { by, where }),
      good: promql.under('requestDuration', seconds, { by, where: answered }),
    };
  };
  switch (name) {
    case 'availability':
      return {
        all: promql.rate('requests', { by }),
        good: promql.rate('requests', { by, where: { outcome: 'ok' } }),
      };
    case 'photoReads':
      return inTime(operations.photoPage.route, photoReadSeconds);
    case 'feeds':
      return inTime(operations.feedPage.route, feedSeconds);
    case 'freshness': {
      // A read that failed, or found nothing, says nothing about what it would have seen.
      const outcome = { anyOf: ['consistent', 'stale'] } as const;
      return {
        all: promql.rate('consistencyChecks', { by, where: { horizon: '5s', outcome } }),
        good: promql.rate('consistencyChecks', { by, where: { horizon: '5s', outcome: 'consistent' } }),
      };
    }
  }
}
