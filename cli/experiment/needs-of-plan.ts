import { needsRedis } from '../../app/cache/candidates/candidate.ts';
import { settings as serviceSettings } from '../../app/config.ts';
import { displacementWidthMs } from '../../loadtests/workloads/arrivals.ts';
import { virtualUsers } from '../../loadtests/workloads/run-settings.ts';
import { readMachineRoom } from '../stack/machine-room.ts';
import { checkNeeds, needsOf, refusalOf } from '../stack/needs.ts';
import type { Needs } from '../stack/needs.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import type { ExperimentPlan } from './plan-experiment.ts';

/** What a plan needs of the machine and of PostgreSQL. */
export function needsOfPlan({ candidates, replicas, rate, pacing }: ExperimentPlan): Needs {
  // In turns a k6 knows one world only.
  const driven = pacing === 'together' ? candidates : candidates.slice(0, 1);
  return needsOf({
    worlds: candidates.map(({ settings }) => ({
      hasRedis: needsRedis(settings),
      hasChangeStream: settings.invalidation === 'change-stream',
    })),
    replicas,
    poolSize: Number(serviceSettings.poolSize.fallback),
    virtualUsers: virtualUsers(
      { worlds: driven.map(() => []), ratePerSecond: rate },
      displacementWidthMs(rate),
    ),
  });
}

/** Says what is needed. Throws before anything starts when there is less. */
export async function requireNeeds(
  needs: Needs,
  postgres: PostgresServer,
  report: (message: string) => void,
): Promise<void> {
  const shortages = checkNeeds(needs, { ...(await postgres.readRoom()), ...readMachineRoom() });
  if (shortages.length > 0) throw refusalOf(shortages);
  const memory = `${Math.ceil(needs.memoryBytes / 2 ** 20)} MB of memory`;
  report(
    `This takes about ${memory}, ${needs.connections} connections to PostgreSQL, ${needs.driverFiles} open files of k6.`,
  );
}
