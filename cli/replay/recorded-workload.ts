import { sentOperations } from '../../app/contract/operations.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import type { PlannedRequest, Workload } from '../../loadtests/workloads/workload.ts';
import { firstRoundPass } from '../experiment/round-plan.ts';

/**
 * A workload whose requests are those of a recording. Rounds have them in their order. The warm-up before
 * them must change nothing, so it sends the recording's reads over and over; caches are emptied after it.
 */
export function createRecordedWorkload(size: PopulationSize, requests: readonly PlannedRequest[]): Workload {
  const population = createPopulation(size);
  const reads = requests.filter(({ operation }) => sentOperations[operation].method === 'GET');
  const beforehand = reads.length === 0 ? [anyRead] : reads;
  return {
    population,
    tables: null,
    requestAt: (pass, index) => turnOf(pass < firstRoundPass ? beforehand : requests, index),
  };
}

const anyRead: PlannedRequest = { operation: 'photoPage', viewerId: 1, params: { photoId: 1 } };

const turnOf = (requests: readonly PlannedRequest[], index: number): PlannedRequest =>
  requests[index % requests.length] ?? anyRead;
