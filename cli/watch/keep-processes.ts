import { reasonOfEnd } from '../stack/reason-of-end.ts';
import type { World } from '../worlds/world.ts';
import { isReplica } from '../worlds/world-process.ts';
import type { WorldProcess } from '../worlds/world-process.ts';
import { keepRunning } from './keep-running.ts';
import type { Keeping } from './keep-running.ts';

type Restartable = Pick<World, 'processes' | 'replaceLostProcesses'>;

const nameOf = ({ kindName, name }: WorldProcess): string => `The ${kindName} ${name}`;

/**
 * Starts what runs beside the replicas of a world again some time after it ended, until the signal: a leader, a gateway or a worker
 * that is killed shows what others do without it. Rejects when it does not start any more.
 */
export function keepProcessesRunning(world: Restartable, keeping: Keeping): Promise<void> {
  const further = () => world.processes().filter((process) => !isReplica(process));
  // Over all tries: one that fails may have started some of them.
  const lost = new Set<string>();
  return keepRunning(
    {
      ended: () =>
        Promise.race(
          further().map(async (one) => {
            const exit = await one.process.exited;
            return `${nameOf(one)} is gone: ${reasonOfEnd(one.process, exit)}.`;
          }),
        ),
      startAgain: () => {
        for (const { name, isAlive } of further()) if (!isAlive()) lost.add(name);
        return world.replaceLostProcesses();
      },
      isBack: () => {
        const back = further().filter(({ name }) => lost.has(name));
        lost.clear();
        return back.map((one) => `${nameOf(one)} is back, as process ${one.process.pid}.`).join('\n');
      },
    },
    keeping,
  );
}
