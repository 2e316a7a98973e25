import type { CompareOptions } from '../experiment/plan-experiment.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { conduct } from '../experiment/conduct.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { quantileMs } from '../statistics/histograms.ts';

/** Runs the experiment that the options describe and prints what it found. */
export async function compare(terminal: Terminal, given: readonly string[], options: CompareOptions): Promise<void> {
  const plan = planExperiment(given, options);
  await withWorkbench(terminal, async (maker, mediaFolder) => {
    const k6 = await provideK6(maker.context);
    const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
    const e = await conduct(plan, { maker, mediaFolder, k6, workload, wallClock: () => new Date(),
      onBlock: (b, left) => terminal.report(`${b.round} ${b.candidate} ${b.status} p50 ${quantileMs(b.responseTimeUs, 0.5)} served ${b.servedRequests} ${JSON.stringify(b.cache)} q ${b.storageQueries} cpu ${JSON.stringify(b.cpuUs)} ${JSON.stringify(b.findings)} left ${left}`),
      onRepeat: (round, reasons) => terminal.report(`repeat ${round} ${reasons.join('; ')}`) });
    terminal.report(e.ended);
  });
}
