import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createSystemClock } from '../../app/clock.ts';
import { createDriverMetrics } from '../../cli/driver/driver-metrics.ts';
import type { WitnessCheck } from '../../cli/driver/witness.ts';
import { provideK6 } from '../../cli/stack/k6-binary.ts';
import { startSideWork } from '../../cli/watch/side-work.ts';
import { openTraceReceiver } from '../../cli/watch/trace-receiver.ts';
import { watchWorlds } from '../../cli/watch/watch-worlds.ts';
import { withWorkbench } from '../../cli/worlds/workbench.ts';
import { withWorlds } from '../../cli/commands/with-worlds.ts';
import { readNamed } from '../../cli/experiment/named-candidates.ts';
import type { ServiceOptions } from '../../cli/experiment/service-options.ts';
import type { World } from '../../cli/worlds/world.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** The whole stack, as `darkroom up --load` has it: worlds under load, a Prometheus, a store of traces. */
export type WatchedStack = {
  readonly worlds: readonly World[];
  readonly postgresAdminUrl: string;
  readonly prometheus: string;
  readonly traces: string;
  /** Ends load and witnesses, and the scrapes of all that they have asked: what they have shown stays to be seen. */
  readonly endLoad: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type WatchedStackSettings = {
  /** `replicas`: where one has another number of them than the options say. */
  readonly candidates: readonly { readonly text: string; readonly replicas?: number }[];
  readonly options: ServiceOptions;
  readonly ratePerSecond: number;
};

/**
 * A check that tests report beside those of the witness. A budget over five minutes counts only from thirty
 * checks on, for which the witness takes more than a minute under load.
 */
const toldCheck: WitnessCheck = {
  reader: 'other',
  horizon: '5s',
  outcome: 'consistent',
  versionsBehind: 0,
  visibleAfterSeconds: null,
};
const toldEveryMs = 200;

/** Starts it, says that blocks of experiments together and in turns run and what one measured, and leaves it running until it is stopped. */
export async function startWatchedStack(settings: WatchedStackSettings): Promise<WatchedStack> {
  const { options, ratePerSecond } = settings;
  const candidates = settings.candidates.map(({ text }) => text);
  const { promise: started, resolve, reject } = Promise.withResolvers<WatchedStack>();
  const ending = new AbortController();
  const { signal } = ending;
  const bench = { checkout, clock: createSystemClock(), signal, report: () => {} };
  const ended = withWorkbench(bench, async (stack, mediaFolder) => {
    const receiver = await openTraceReceiver(options.telemetry);
    assert.ok(receiver !== null, 'this mode makes no traces');
    const k6 = await provideK6(stack.context);
    const telemetry = { mode: options.telemetry, otlpEndpoint: receiver.address };
    const named = settings.candidates.map(({ text, replicas = options.replicas }) => ({
      ...readNamed(text, replicas),
      replicas,
    }));
    const asked = { candidates: named, options, port: 0, telemetry };
    await withWorlds({ stack, mediaFolder }, asked, async (worlds) => {
      const driver = createDriverMetrics();
      driver.watchTraces(() => ({ spans: receiver.store.counts(), traces: receiver.store.traces() }));
      driver.showBlocks(
        candidates.flatMap((candidate) => [0, 1].map((slot) => ({ candidate, round: 1, slot }))),
      );
      for (const candidate of candidates) driver.showFigures(candidate, { request: 1.25 });
      const telling = setInterval(() => {
        for (const candidate of candidates) driver.observeCheck(candidate, toldCheck);
      }, toldEveryMs);
      signal.addEventListener('abort', () => clearInterval(telling));
      const watch = await watchWorlds(stack, worlds, driver);
      assert.ok(watch !== null, 'there is a Prometheus');
      const load = { scenario: 'feed-browsing', rate: ratePerSecond, k6 } as const;
      const loading = new AbortController();
      const untilEither = AbortSignal.any([signal, loading.signal]);
      const work = startSideWork({ stack, worlds, options, load, driver, signal: untilEither });
      resolve({
        worlds,
        postgresAdminUrl: stack.postgres.adminUrl,
        prometheus: watch.prometheus.address,
        traces: receiver.address,
        async endLoad() {
          loading.abort();
          clearInterval(telling);
          await Promise.allSettled(work);
          watch.prometheus.watch([]);
        },
        async stop() {
          ending.abort();
          await ended.catch(() => {});
        },
      });
      await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
      await Promise.allSettled(work);
      await watch.stop();
      await receiver.close();
    });
  });
  ended.catch(reject);
  return started;
}
