import { createHash } from 'node:crypto';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { firstRoundPass } from './round-plan.ts';

const requestsHashed = 100_000;

/** Hash of what is asked, not when, and of whom: how followers are spread, and the first 100,000 requests of the first round. */
export function hashWorkload(workload: Workload): string {
  const hash = createHash('sha256').update(workload.population.size.followers);
  for (let index = 0; index < requestsHashed; index += 1) {
    hash.update(JSON.stringify(workload.requestAt(firstRoundPass, index)));
  }
  return `sha256:${hash.digest('hex').slice(0, 32)}`;
}
