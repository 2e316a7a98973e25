import { anomalies } from './anomalies.ts';
import type { Anomaly } from './anomalies.ts';
import type { Candidate } from './candidate.ts';
import { strategyOf } from './parse-candidate.ts';

/** What a candidate may serve that a finished write has replaced: what its strategy allows and its parameters leave possible. */
export function allowedBy(candidate: Candidate): readonly Anomaly[] {
  return strategyOf(candidate).allows.filter((anomaly) => anomalies[anomaly].canOccur(candidate));
}
