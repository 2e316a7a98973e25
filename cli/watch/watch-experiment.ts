import { createWallClock } from '../../app/clock.ts';
import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import { valueInBlock } from '../figures/figure-values.ts';
import { contextOf } from '../report/figure-context.ts';
import type { ExperimentWatch } from './experiment-watch.ts';
import { openLivePage } from './open-live-page.ts';
import { watchWorlds } from './watch-worlds.ts';

/** Has a Prometheus watch the worlds, and serves the live page. */
export function createExperimentWatch(plan: ExperimentPlan): ExperimentWatch {
  const driver = createDriverMetrics();
  let meter: LoadMeter | null = null;
  const running = new AsyncDisposableStack();
  const { scenario, rate, seed, telemetry } = plan;
  return {
    async start(stack, worlds, receiver) {
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
