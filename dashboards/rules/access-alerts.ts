import { createPromql } from '../promql.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

/**
 * The share of the window in which a replica must know the rights. One that was killed and started again
 * knows them within seconds, which is no alert; one that loses them again and again is.
 */
const knownShare = 0.9;

/** Replicas that are up and answer nothing that depends on who asks. */
export function accessAlerts({ window, outageFor }: Timing): AlertRule[] {
  const known = createPromql({ window }).value('rightsKnown');
  return [
    alertRule({
      alert: 'RightsUnknown',
      expr: `avg by (candidate, instance) (avg_over_time(${known}[${window}])) < ${knownShare}`,
      for: outageFor,
      severity: 'page',
      board: 'darkroom-service',
      summary: '{{ $labels.instance }} of {{ $labels.candidate }} is up, and refuses what people ask for',
      description: `For {{ $value | humanizePercentage }} of the last ${window} it knew who may see what. In the rest it has answered RIGHTS_UNKNOWN (503) to everything that is not the same for all.`,
    }),
  ];
}
