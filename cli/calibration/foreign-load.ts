import { join } from 'node:path';
import type { StackContext } from '../stack/stack-context.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { SupervisedProcess } from '../stack/supervised-process.ts';
import type { ForeignLoadPlan } from './calibration-sizes.ts';

export type ForeignLoad = {
  readonly processes: readonly SupervisedProcess[];
  readonly stop: () => Promise<void>;
};

/** Starts processes that burn CPU in bursts, as somebody else's work on the machine would. They end with this process. */
export async function startForeignLoad(
  context: StackContext,
  { cores, seed }: ForeignLoadPlan,
): Promise<ForeignLoad> {
  const processes: SupervisedProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    for (let number = 1; number <= cores; number += 1) {
      processes.push(
        await startProcess(context, {
          name: `foreign-load-${number}`,
          command: process.execPath,
          args: [join(import.meta.dirname, 'burn-cpu.ts'), String(seed), String(number)],
        }),
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { processes, stop };
}
