import { join } from 'node:path';
import { requestCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';
import { readCandidate } from '../experiment/plan-experiment.ts';
import { runK6 } from '../k6/run-k6.ts';
import type { K6Run } from '../k6/run-k6.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { beyondPooledMin, isQuantileKnown, quantileMs } from '../statistics/histograms.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import { oneOf } from '../one-of.ts';
import type { Terminal } from './terminal.ts';
import { populationOf, withWorlds } from '../worlds/with-worlds.ts';
import type { ServiceOptions } from '../worlds/with-worlds.ts';

export type LoadOptions = ServiceOptions & {
  readonly rate: number;
  readonly candidate: string;
  readonly duration: number;
};

/** Unmeasured start of the load. */
const settleSeconds = 5;

function describe(run: K6Run): string {
  const quantiles = ([0.5, 0.95, 0.99] as const).map((q) => {
    const value = isQuantileKnown(run.requests, q, beyondPooledMin)
      ? quantileMs(run.responseTimeUs, q)
      : null;
    return `p${q * 100} ${value === null ? 'n/a' : `${value.toFixed(2)} ms`}`;
  });
  return [
    `response time: ${quantiles.join(', ')}`,
    `${run.requests} of ${run.offered} requests measured, ${run.errors} failed, ${run.dropped} dropped`,
    '',
  ].join('\n');
}

/** Puts one scenario's load on one candidate and prints what the load met. */
export async function load(terminal: Terminal, scenarioText: string, options: LoadOptions): Promise<void> {
  const name = oneOf('scenario', scenarioText, Object.keys(scenarios) as ScenarioName[]);
  readCandidate(options.candidate);
  await withWorkbench(terminal, async (maker, mediaFolder) => {
    const k6 = await provideK6(maker.context);
    const run = await withWorlds(
      { maker, mediaFolder },
      {
        candidates: [options.candidate],
        options,
        port: 0,
        telemetry: { mode: options.telemetry, otlpEndpoint: null },
      },
      ([world]) => {
        const settings: RunSettings = {
          seed: options.seed,
          ...populationOf(options),
          mix: scenarios[name].mix,
          targets: world?.addresses() ?? [],
          pass: 0,
          ratePerSecond: options.rate,
          arrivals: 'poisson',
          settleSeconds,
          measureSeconds: options.duration,
        };
        const workload = createWorkload(settings);
        const requests = Array.from({ length: requestCount(settings) }, (_, index) =>
          workload.requestAt(0, index),
        );
        terminal.report(
          `Loading ${options.candidate} at ${options.rate} requests/s for ${settleSeconds} + ${options.duration} s ...`,
        );
        return runK6({
          context: maker.context,
          k6: k6.path,
          scenarioFile: join(maker.checkout, scenarios[name].file),
          settings,
          requests,
        });
      },
    );
    if (terminal.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    if (run.driverFailure !== null) throw new CommandError('generatorSaturated', run.driverFailure);
    terminal.print(describe(run));
    if (run.errors > 0.01 * run.requests)
      throw new CommandError('serviceFailed', 'More than 1 % of the requests failed.');
    if (run.dropped > 0)
      throw new CommandError('generatorSaturated', `${run.dropped} arrivals were dropped.`, {
        remedy: 'Try a lower --rate.',
      });
  });
}
