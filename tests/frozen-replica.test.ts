import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { readEnvironment } from '../cli/environment.ts';
import { createPlanner } from '../cli/k6/request-plans.ts';
import { runK6 } from '../cli/k6/run-k6.ts';
import { readScenario } from '../cli/k6/scenario-script.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { resolvePaths } from '../cli/stack/stack-paths.ts';
import type { StackContext } from '../cli/stack/stack-context.ts';
import { quantileMs } from '../cli/statistics/histograms.ts';
import { singlePass } from '../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../loadtests/workloads/run-settings.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';
import { forkBound } from './support/bound-fork.ts';

const checkout = join(import.meta.dirname, '..');
const environment = readEnvironment();
const context: StackContext = {
  paths: resolvePaths(checkout, environment),
  environment,
  report: () => {},
  signal: new AbortController().signal,
};
let k6 = '';
before(async () => {
  k6 = (await provideK6(context)).path;
});

/** A replica that stands still for a second in every four. */
async function startFreezingReplica() {
  const child = forkBound(new URL('support/quick-server.ts', import.meta.url));
  const [port] = (await once(child, 'message')) as [number];
  let thaw: NodeJS.Timeout | undefined;
  const freeze = () => {
    child.kill('SIGSTOP');
    thaw = setTimeout(() => child.kill('SIGCONT'), 1_000);
  };
  const freezes = setInterval(freeze, 4_000);
  return {
    target: `http://127.0.0.1:${port}`,
    async stop() {
      clearInterval(freezes);
      clearTimeout(thaw);
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a replica that is frozen for a second in every four shows in p95, although half of its answers are quick', async () => {
  const replica = await startFreezingReplica();
  try {
    const settings: RunSettings = {
      seed: 1,
      people: 100,
      photos: 200,
      followers: 'heavy',
      mix: 'social-default',
      worlds: [[replica.target]],
      passes: singlePass(0, 40, { settleSeconds: 1, measureSeconds: 8 }),
      ratePerSecond: 40,
      arrivals: 'poisson',
    };
    const run = await runK6({
      context,
      k6,
      script: readScenario(checkout, 'feed-browsing'),
      settings,
      requests: createPlanner(createWorkload(settings))(settings),
    });
    // A busy machine may drop some.
    assert.ok(run.requests > 200 && run.errors === 0, `${run.errors} of ${run.requests} failed`);
    const [p50, p95] = [0.5, 0.95].map((q) => quantileMs(run.responseTimeUs, q) ?? Number.NaN) as [
      number,
      number,
    ];
    // Requests that meet a frozen replica wait for up to a second: a fifth of them, and so a twentieth of all, for more than 0.8 s. An
    // open one answers within milliseconds, or more on a busy machine, which makes no wait shorter.
    assert.ok(p95 > 500 && p95 / p50 > 2, `p95 ${p95} ms, p50 ${p50} ms`);
    assert.ok((run.meanUs ?? 0) > 80_000, `mean ${run.meanUs} µs`);
  } finally {
    await replica.stop();
  }
});
