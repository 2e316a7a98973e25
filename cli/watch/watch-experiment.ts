import { createWallClock } from '../../app/clock.ts';
import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord, RoundRecord } from '../experiment/records.ts';
import { valueInBlock } from '../figures/figure-values.ts';
import { contextOf } from '../report/figure-context.ts';
import type { World, Stack } from '../worlds/world.ts';
import { openLivePage } from './open-live-page.ts';
import type { TraceReceiver } from './trace-receiver.ts';
import { watchWorlds } from './watch-worlds.ts';

/** Lets people watch an experiment while it runs. What it says of candidates does not come from here. */
export type ExperimentWatch = {
  readonly start: (stack: Stack, worlds: readonly World[], receiver: TraceReceiver | null) => Promise<void>;
  readonly onRunning: (blocks: readonly RunningBlock[]) => void;
  /** Blocks that have just ended, and all rounds so far. */
  readonly onMeasured: (blocks: readonly BlockRecord[], rounds: readonly RoundRecord[]) => void;
  /** Null where nobody watches. */
  readonly meter: () => LoadMeter | null;
  readonly stop: () => Promise<void>;
};

/** Does nothing unless it is wanted: a Prometheus takes its share of the machine, from all candidates alike. */
export function createExperimentWatch(isWanted: boolean, plan: ExperimentPlan): ExperimentWatch {
  const driver = createDriverMetrics();
  let meter: LoadMeter | null = null;
  const running = new AsyncDisposableStack();
  const { scenario, rate, seed, telemetry } = plan;
  return {
    async start(stack, worlds, receiver) {
      if (!isWanted) return;
      const watch = await watchWorlds(stack, worlds, driver);
      if (watch === null) return;
      running.defer(watch.stop);
      const { now } = createWallClock();
      const candidates = worlds.map(({ label }) => label);
      meter = driver.meterLoad({ scenario, candidates, seed, telemetry }, now);
      const { figures } = contextOf(plan, []);
      const page = await openLivePage({
        worlds,
        telemetry,
        load: { scenario, rate },
        figures,
        watch,
        receiver,
      });
      running.defer(page.close);
      stack.context.report(`Watched by ${page.address} (live page) and ${watch.prometheus.address}`);
    },
    onRunning: driver.showBlocks,
    onMeasured(blocks, rounds) {
      if (!isWanted) return;
      const context = contextOf(plan, rounds);
      for (const block of blocks) {
        const values = context.figures.map(
          (figure) => [figure.name, valueInBlock(figure, block, context)] as const,
        );
        driver.showFigures(block.candidate, Object.fromEntries(values));
      }
    },
    meter: () => meter,
    stop: () => running.disposeAsync(),
  };
}
