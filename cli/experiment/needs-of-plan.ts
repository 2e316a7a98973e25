import { invalidationKinds } from '../../app/cache/invalidation/index.ts';
import type { Candidate } from '../../app/candidates/candidate.ts';
import { needsRedis } from '../../app/candidates/system-values.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';
import { settings as serviceSettings } from '../../app/config.ts';
import { displacementWidthMs } from '../../loadtests/workloads/arrivals.ts';
import { virtualUsers } from '../../loadtests/workloads/run-settings.ts';
import { readMachineRoom } from '../stack/machine-room.ts';
import { checkNeeds, needsOf, refusalOf } from '../stack/needs.ts';
import type { Needs, Room } from '../stack/needs.ts';
import { requireGivenRedis } from '../stack/redis-server.ts';
import { furtherKindsOf, kindsOfWorld } from '../worlds/kinds-of-world.ts';
import type { Stack } from '../worlds/world.ts';
import type { ExperimentPlan } from './plan-experiment.ts';

/** What is asked of which candidates. */
export type Asked = {
  readonly candidates: readonly Candidate[];
  /** Witnesses look at what is compared. */
  readonly isCompared: boolean;
  readonly replicas: number;
  /** Requests per second to each candidate; null where no load is put on them. */
  readonly rate: number | null;
  /** Whether one k6 sends to all candidates. If not, each has a k6 of its own, or they take turns. */
  readonly isTogether: boolean;
};

/** What worlds of these candidates need of the machine and of PostgreSQL. */
export function needsOfWorlds({ candidates, isCompared, replicas, rate, isTogether }: Asked): Needs {
  const asked = isTogether ? candidates : candidates.slice(0, 1);
  return needsOf({
    worlds: candidates.map((candidate) => ({
      hasRedis: needsRedis(candidate),
      hasChangeStream: invalidationKinds[candidate.cache.invalidation].readsChangeStream,
      keptBytes: candidate.edge.edge === 'on' ? candidate.edge.edgeMemoryBytes : 0,
      ...countProcesses(replicas, furtherKindsOf(candidate, isCompared ? candidates : [])),
    })),
    replicas,
    poolSize: Number(serviceSettings.poolSize.fallback),
    virtualUsers:
      rate === null
        ? 0
        : virtualUsers({ worlds: asked.map(() => []), ratePerSecond: rate }, displacementWidthMs(rate)),
    worldsOfDriver: asked.length,
  });
}

/** How many processes a world runs beside its replicas, and how many of all take load. */
function countProcesses(replicas: number, further: readonly ProcessKind[]) {
  const sum = (kinds: readonly ProcessKind[]): number => kinds.reduce((all, { count }) => all + count, 0);
  const targets = sum(kindsOfWorld(replicas, further).filter(({ takesLoad }) => takesLoad));
  return { furtherProcesses: sum(further), targets };
}

/** What a plan needs. In turns a k6 knows one world only. */
export function needsOfPlan({ candidates, replicas, rate: average, pacing, replay }: ExperimentPlan): Needs {
  const rate = replay?.peakRate ?? average;
  const asked = candidates.map(({ candidate }) => candidate);
  const isTogether = pacing === 'together';
  return needsOfWorlds({ candidates: asked, isCompared: true, replicas, rate, isTogether });
}

/** How much there is of what is needed. A server that is not ours keeps its data elsewhere. */
async function readRoom({ context, postgres }: Pick<Stack, 'context' | 'postgres'>): Promise<Room> {
  const machine = readMachineRoom(context.paths.data);
  const diskBytes = postgres.pid === null ? null : machine.diskBytes;
  return { ...(await postgres.readRoom()), ...machine, diskBytes };
}

/** Says what is needed. Throws before anything is made when there is less. */
export async function requireNeeds(needs: Needs, stack: Pick<Stack, 'context' | 'postgres'>): Promise<void> {
  const shortages = checkNeeds(needs, await readRoom(stack));
  if (shortages.length > 0) throw refusalOf(shortages);
  const { redisUrl } = stack.context.environment;
  if (needs.redises > 0 && redisUrl !== null) await requireGivenRedis(redisUrl, 'darkroom:');
  const memory = `${Math.ceil(needs.memoryBytes / 2 ** 20)} MB of memory`;
  stack.context.report(
    `This takes about ${memory}, ${needs.connections} connections to PostgreSQL, ${needs.driverFiles} open files of k6.`,
  );
}
