import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createSystemClock } from '../../app/clock.ts';
import { queriesOf } from '../../dashboards/board.ts';
import { boards } from '../../dashboards/boards/index.ts';
import { withoutVariables } from '../../dashboards/lint/promql-names.ts';
import { liveCharts, liveEvents } from '../../dashboards/live-queries.ts';
import { createDriverMetrics } from '../../cli/driver/driver-metrics.ts';
import { provideK6 } from '../../cli/stack/k6-binary.ts';
import { openTraceReceiver } from '../../cli/watch/trace-receiver.ts';
import { startSideWork } from '../../cli/watch/side-work.ts';
import { watchWorlds } from '../../cli/watch/watch-worlds.ts';
import { withWorkbench } from '../../cli/worlds/workbench.ts';
import { withWorlds } from '../../cli/worlds/with-worlds.ts';
import type { World } from '../../cli/worlds/world.ts';
import { waitUntil } from '../support/wait-until.ts';

const checkout = join(import.meta.dirname, '..', '..');
/** Between them they have every tier, every kind of protection and every way to hear of writes. */
const candidates = [
  'stale-while-revalidate:ttl=2s,memory=64KiB,protection=lease',
  'write-behind:ttl=3s',
  'change-stream:ttl=3s,memory=64KiB',
];
const options = { people: 60, photos: 300, replicas: 2, seed: 1, telemetry: 'trace100' } as const;
const ratePerSecond = 25;
const seriesMax = 80;
/** Reasons to be empty that half a minute of load and a killed Redis do not take away. */
const notBroughtAbout = [
  'nothing has failed',
  'none has failed',
  'nothing was overtaken',
  'there were too few events',
];

let prometheus = '';
let traces = '';
const ending = new AbortController();
let ended: Promise<void> = Promise.resolve();

/** Runs the stack in the background until the tests are done; resolves when everything has happened that is to be seen. */
async function startEverything(): Promise<void> {
  const { promise: happened, resolve, reject } = Promise.withResolvers<void>();
  const settings = { checkout, clock: createSystemClock(), signal: ending.signal, report: () => {} };
  ended = withWorkbench(settings, async (maker, mediaFolder) => {
    const receiver = await openTraceReceiver(options.telemetry);
    const telemetry = { mode: options.telemetry, otlpEndpoint: receiver?.address ?? null };
    const k6 = await provideK6(maker.context);
    await withWorlds({ maker, mediaFolder }, { candidates, options, port: 0, telemetry }, async (worlds) => {
      const driver = createDriverMetrics();
      if (receiver !== null)
        driver.watchTraces(() => ({ spans: receiver.store.counts(), traces: receiver.store.traces() }));
      driver.showBlock({ candidate: candidates[0] ?? '', round: 1, slot: 1 });
      const watch = await watchWorlds(maker, worlds, driver);
      assert.ok(watch !== null, 'there is a Prometheus');
      prometheus = watch.prometheus.address;
      traces = receiver?.address ?? '';
      const signal = ending.signal;
      const load = { scenario: 'feed-browsing', rate: ratePerSecond, k6 } as const;
      const work = startSideWork({ maker, worlds, options, load, driver, signal });
      try {
        await breakThings(worlds);
        resolve();
        await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
      } finally {
        await Promise.allSettled(work);
        await watch.stop();
        await receiver?.close();
      }
    });
  });
  ended.catch(reject);
  await happened;
}

/** A while in which all is well, a Redis that is gone for a while, and time to come back. */
async function breakThings(worlds: readonly World[]): Promise<void> {
  await waitUntil(() => hasSeries('load_requests_total > 100'), 60_000);
  const redis = worlds[0]?.redis;
  process.kill(redis?.pid ?? 0, 'SIGKILL');
  await waitUntil(() => hasSeries('ALERTS{alertname="RedisTierDown",alertstate="firing"}'), 60_000);
  await waitUntil(() => redis?.isAlive() === true, 60_000);
  await wait(5_000);
}

type Series = {
  readonly metric: Record<string, string>;
  readonly values: readonly (readonly [number, string])[];
};

/** Over the last minutes, second by second. */
async function ask(expr: string): Promise<{ status: string; error?: string; result: readonly Series[] }> {
  const end = Math.floor(Date.now() / 1000);
  const parameters = new URLSearchParams({
    query: expr,
    start: String(end - 240),
    end: String(end),
    step: '1',
  });
  const response = await fetch(`${prometheus}/api/v1/query_range?${parameters.toString()}`);
  const body = (await response.json()) as { status: string; error?: string; data?: { result: Series[] } };
  return {
    status: body.status,
    ...(body.error !== undefined && { error: body.error }),
    result: body.data?.result ?? [],
  };
}

async function hasSeries(expr: string): Promise<boolean> {
  return (await ask(expr)).result.length > 0;
}

/** Fails unless the query is answered by a bounded number of series with finite values. */
async function assertAnswered(expr: string, where: string): Promise<void> {
  const { status, error, result } = await ask(withoutVariables(expr));
  assert.equal(status, 'success', `${where}: ${error}`);
  assert.ok(result.length > 0, `${where} is empty: ${expr}`);
  assert.ok(result.length <= seriesMax, `${where} has ${result.length} series: ${expr}`);
  const finite = result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
  assert.ok(finite, `${where} has no finite value: ${expr}`);
}

describe('with the stack under load and a Redis that was killed', { timeout: 400_000 }, () => {
  before(startEverything, { timeout: 300_000 });
  after(async () => {
    ending.abort();
    await ended.catch(() => {});
  });

  for (const board of boards)
    it(`every panel has something to show: ${board.title}`, async () => {
      for (const { expr, panel, mayBeEmpty } of queriesOf(board)) {
        if (mayBeEmpty !== undefined && notBroughtAbout.includes(mayBeEmpty)) continue;
        await assertAnswered(expr, panel);
      }
    });

  it('every chart of the live page has something to show', async () => {
    for (const { title, series } of liveCharts)
      for (const { expr, label } of series) await assertAnswered(expr, `${title} ${label}`);
    for (const { expr } of liveEvents.slice(0, 1)) await assertAnswered(expr, 'events');
  });

  it('every rule of these windows is evaluated, and none fails', async () => {
    const response = await fetch(`${prometheus}/api/v1/rules`);
    type Rule = { name: string; health: string; lastError?: string };
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    const rules = data.groups.flatMap((group) => group.rules);
    assert.ok(rules.length > 60, `${rules.length} rules`);
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    );
    const recorded = rules.map(({ name }) => name).filter((name) => name.endsWith('15s'));
    for (const name of recorded) assert.ok(await hasSeries(name), `${name} is empty`);
  });

  it('the parts that answer reads sum to one', async () => {
    const { series = [] } = liveCharts.find(({ id }) => id === 'answers') ?? {};
    const { result } = await ask(series.map(({ expr }) => `(${expr})`).join(' + '));
    const values = result
      .flatMap((line) => line.values.map(([, value]) => Number(value)))
      .filter(Number.isFinite);
    assert.ok(values.length > 0);
    for (const value of values) assert.ok(Math.abs(value - 1) < 1e-6, String(value));
  });

  it('no histogram is cut off at its last bucket', async () => {
    const { rows = [] } = boards.find(({ uid }) => uid === 'darkroom-telemetry') ?? {};
    const panel = rows
      .flatMap(({ panels }) => panels)
      .find(({ title }) => title === 'Are quantiles cut off?');
    for (const { expr, legend } of panel?.queries ?? []) {
      const { result } = await ask(withoutVariables(expr));
      for (const { metric, values } of result) {
        const mean = values.reduce((sum, [, value]) => sum + (Number(value) || 0), 0) / values.length;
        assert.ok(mean < 0.01, `${legend} of ${metric['candidate']}: ${mean}`);
      }
    }
  });

  it('an exemplar leads to a trace that the store has', async () => {
    const end = Math.floor(Date.now() / 1000);
    const query = new URLSearchParams({
      query: 'http_server_request_duration_seconds_bucket',
      start: String(end - 20),
      end: String(end),
    });
    const response = await fetch(`${prometheus}/api/v1/query_exemplars?${query.toString()}`);
    const { data } = (await response.json()) as { data: { exemplars: { labels: { trace_id: string } }[] }[] };
    const traceIds = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
    assert.ok(traceIds.length > 0);
    const found = await Promise.all(
      traceIds.map(async (traceId) => (await fetch(`${traces}/api/traces/${traceId}`)).status),
    );
    assert.ok(found.includes(200), `${found.length} exemplars, and none of their traces is there`);
  });

  it('a process stays within its samples', async () => {
    const { result } = await ask('max(scrape_samples_scraped{job="darkroom-service"})');
    const most = Math.max(...result.flatMap(({ values }) => values.map(([, value]) => Number(value))));
    assert.ok(most > 100 && most <= 4_000, `${most} samples`);
  });
});
