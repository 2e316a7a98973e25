import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { operations } from '../../app/contract/operations.ts';
import { queriesOf } from '../../dashboards/board.ts';
import { boards } from '../../dashboards/boards/index.ts';
import { askRunningTraces } from '../../cli/traces/running-traces.ts';
import type { KeptSpan } from '../../cli/traces/span.ts';
import { operandsOf } from '../dashboards/lint/promql-operands.ts';
import { withoutVariables } from '../dashboards/lint/promql-names.ts';
import type { PublishedDashboard } from '../dashboards/lint/published-form.ts';
import { liveCharts, liveEvents, liveRounds } from '../../dashboards/live-queries.ts';
import { createPromql } from '../../dashboards/promql.ts';
import { quantileHistograms } from '../../dashboards/quantile-histograms.ts';
import { renderBoard } from '../../dashboards/render-board.ts';
import { badRatioName } from '../../dashboards/rules/burn-rates.ts';
import { alertGroups } from '../../dashboards/rules/rule-files.ts';
import { compressed } from '../../dashboards/rules/timing.ts';
import { createPrometheusQuestions } from '../support/prometheus-questions.ts';
import type { PrometheusQuestions } from '../support/prometheus-questions.ts';
import {
  askForMetadata,
  countThings,
  databaseOf,
  freezeReplica,
  loseDatabase,
  loseRedis,
  overtakeLoads,
} from '../support/trouble.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWatchedStack } from '../support/watched-stack.ts';
import type { WatchedStack } from '../support/watched-stack.ts';

/**
 * Between them they have every tier, every kind of protection, every way to hear of writes, an outbox, feeds that are pushed, counters
 * that are rolled up and read with what is not, and a gateway.
 */
const candidates = [
  'stale-while-revalidate:ttl=2s,memory=64KiB,protection=lease,feed=push,active=20,counter=accurate',
  'write-behind:ttl=3s,gateway=consistent,records=100',
  'change-stream:ttl=3s,memory=64KiB',
] as const;
const deferring = candidates[1];
const options = { people: 60, photos: 300, replicas: 2, seed: 1, telemetry: 'trace100' } as const;
const ratePerSecond = 25;
/** The most have the alerts: on a busy machine nearly all of them, pending and firing, of each candidate. */
const seriesMax = 150;
const clampedMax = 0.01;
const spansPerReadMax = 5;
const lookEveryMs = 500;
/** Each takes less than twenty seconds; a busy machine takes its time. */
const patienceMs = 150_000;

let stack: WatchedStack;
let prometheus: PrometheusQuestions;

/** A while in which all is well; then each world gets into a trouble of its own, and out of it again. */
async function bringAbout({ worlds, postgresAdminUrl }: WatchedStack): Promise<void> {
  const has =
    (...queries: readonly string[]) =>
    async () => {
      await wait(lookEveryMs);
      return (await Promise.all(queries.map(prometheus.has))).every(Boolean);
    };
  const firing = (alert: string) => has(`ALERTS{alertname="${alert}",alertstate="firing"}`);
  await waitUntil(has('load_requests_total > 100'), patienceMs);
  const [first, second, third] = worlds;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  await Promise.all([
    countThings(first, has('rate(darkroom_counter_rollup_lag_seconds_count[15s]) > 0')),
    askForMetadata(second, has('rate(darkroom_gateway_sync_delay_seconds_count[15s]) > 0')),
  ]);
  await Promise.all([
    loseRedis(first, firing('RedisTierDown')),
    loseDatabase(postgresAdminUrl, second.database, firing('RequestErrorBudgetBurn')),
    // The one that the exporter asks.
    loseDatabase(postgresAdminUrl, databaseOf(postgresAdminUrl), firing('PostgresDown')),
    (async () => {
      await overtakeLoads(third, has('cache_fills_rejected_total > 0'));
      await freezeReplica(third, has('up{job="darkroom-service"} == 0'));
    })(),
  ]);
  await waitUntil(async () => {
    await wait(lookEveryMs);
    return !(await prometheus.hasNow('ALERTS{alertname="RedisTierDown",alertstate="firing"}'));
  }, patienceMs);
  // Of checks there are fewest: their budget over five minutes is the last to have enough events.
  await waitUntil(has(badRatioName('freshness', '5m')), patienceMs);
}

/** Fails unless the query is answered by a bounded number of series with finite values. */
async function assertAnswered(expr: string, where: string): Promise<void> {
  const { status, error, result } = await prometheus.ask(withoutVariables(expr));
  assert.equal(status, 'success', `${where}: ${error}`);
  assert.ok(result.length > 0, `${where} is empty: ${expr}`);
  assert.ok(result.length <= seriesMax, `${where} has ${result.length} series: ${expr}`);
  const finite = result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
  assert.ok(finite, `${where} has no finite value: ${expr}`);
}

/** The exemplar of the greatest value whose trace is there, and the spans of that trace. */
async function follow(selector: string) {
  const exemplars = await prometheus.exemplars(selector, 20);
  for (const exemplar of exemplars.toSorted((a, b) => b.value - a.value)) {
    const found = await askRunningTraces(stack.traces, process.pid).startingWith(exemplar.traceId);
    // All worlds get the same requests, with the same ids.
    const spans = found.spans.filter(({ candidate }) => candidate === exemplar.series['candidate']);
    // The span of a request ends last: with it, the trace is whole.
    if (spans.some(({ kind }) => kind === 'server')) return { exemplar, spans };
  }
  return assert.fail(`${exemplars.length} exemplars of ${selector}, and none of their traces is there`);
}

describe('with the stack under load, and each world in trouble', { timeout: 800_000 }, () => {
  before(
    async () => {
      stack = await startWatchedStack({ candidates, options, ratePerSecond });
      prometheus = createPrometheusQuestions(stack.prometheus);
      await bringAbout(stack);
    },
    { timeout: 600_000 },
  );
  after(() => stack.stop());

  it('the slowest bucket leads to a trace, and to the part of the cache behind it', async () => {
    const { method, route } = operations.photoPage;
    const { exemplar, spans } = await follow(
      `http_server_request_duration_seconds_bucket{candidate="${deferring}",http_request_method="${method}",http_route="${route}",http_response_status_code="200"}`,
    );
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const isRoot = ({ parentSpanId }: KeptSpan): boolean => parentSpanId === null || !ids.has(parentSpanId);
    const [root, ...others] = spans.filter(isRoot);
    assert.ok(root !== undefined && others.length === 0, spans.map(({ name }) => name).join());
    assert.deepEqual([root.kind, root.name], ['server', `${method} ${route}`]);
    assert.equal(root.attributes['http.route'], route);
    const seconds = root.durationMs / 1_000;
    assert.ok(Math.abs(seconds - exemplar.value) < 0.05, `${seconds} s, not ${exemplar.value} s`);
    const [read] = spans.filter(({ name }) => name === 'cache.get photo');
    assert.ok(read?.parentSpanId === root.spanId);
    const queries = spans.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql');
    assert.equal(queries.length, read.attributes['cache.result'] === 'miss' ? 1 : 0);
    assert.ok(spans.length <= spansPerReadMax, spans.map(({ name }) => name).join());
  });

  it('a miss and a slow load lead to traces of requests that missed', async () => {
    for (const selector of [
      `cache_requests_total{candidate="${deferring}",cache_name="photo",cache_result="miss"}`,
      `cache_load_duration_seconds_bucket{candidate="${deferring}",cache_name="photo",outcome="ok"}`,
    ]) {
      const { spans } = await follow(selector);
      const results = spans
        .filter(({ attributes }) => attributes['cache.name'] === 'photo')
        .map(({ attributes }) => attributes['cache.result']);
      assert.ok(results.includes('miss'), `${selector}: ${results.join()}`);
    }
  });

  describe('and, once the load has ended, in what was seen', () => {
    before(() => stack.endLoad());

    for (const board of boards)
      it(`every panel has something to show: ${board.title}`, async () => {
        for (const { expr, panel } of queriesOf(board)) await assertAnswered(expr, panel);
      });

    for (const board of boards)
      it(`every choice and every mark has something to show: ${board.title}`, async () => {
        const { templating, annotations } = JSON.parse(renderBoard(board)) as PublishedDashboard;
        for (const { name, type, query } of templating.list) {
          if (type !== 'query') continue;
          const text = typeof query === 'object' ? String(query['query']) : '';
          const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
          const values = await prometheus.labelValues(label, withoutVariables(selector));
          assert.ok(values.length > 0, `there is nothing to choose for ${name}: ${text}`);
        }
        for (const { name, expr } of annotations.list) await assertAnswered(expr, `mark ${name}`);
      });

    it('every chart of the live page has something to show', async () => {
      for (const { title, series } of liveCharts)
        for (const { expr, label } of series) await assertAnswered(expr, `${title} ${label}`);
      for (const { expr } of liveEvents) await assertAnswered(expr, 'events');
      await assertAnswered(liveRounds, 'rounds');
    });

    it('every rule is evaluated, none fails, and every recording has data', async () => {
      const rules = await prometheus.rules();
      assert.deepEqual(
        rules.filter(({ health }) => health !== 'ok'),
        [],
      );
      const namesOf = (type: string) => rules.filter((rule) => rule.type === type).map(({ name }) => name);
      const alerts = new Set(namesOf('alerting'));
      for (const { alert } of alertGroups(compressed).flatMap((group) => group.rules))
        assert.ok(alerts.has(alert), `${alert} is not loaded`);
      const { window, burnWindows } = compressed;
      const windows = [window, ...burnWindows.flatMap(({ long, short }) => [long, short])];
      const recorded = namesOf('recording').filter((name) =>
        windows.some((end) => name.endsWith(`rate${end}`)),
      );
      assert.ok(recorded.length > 20, `${recorded.length} recordings`);
      for (const name of recorded) await assertAnswered(name, 'recording');
    });

    it('what alerts compare has data', async () => {
      const rules = alertGroups(compressed).flatMap((group) => group.rules);
      for (const { alert, expr } of rules)
        for (const operand of operandsOf(expr)) {
          // The stack is not as old as what is compared with what was before.
          if (operand.includes(' offset ')) continue;
          await assertAnswered(operand, alert);
        }
    });

    it('the parts that answer reads sum to one', async () => {
      const { series = [] } = liveCharts.find(({ id }) => id === 'answers') ?? {};
      const { result } = await prometheus.ask(series.map(({ expr }) => `(${expr})`).join(' + '));
      const values = result
        .flatMap((line) => line.values.map(([, value]) => Number(value)))
        .filter(Number.isFinite);
      assert.ok(values.length > 0);
      for (const value of values) assert.ok(Math.abs(value - 1) < 1e-6, String(value));
    });

    it('no histogram of which quantiles are shown is cut off at its last bucket', async () => {
      const promql = createPromql({ window: '5s' });
      assert.ok(quantileHistograms.length > 0);
      for (const key of quantileHistograms) {
        const { result } = await prometheus.ask(promql.clamped(key, { by: ['candidate'] }));
        assert.ok(result.length > 0, `${key} was not observed`);
        for (const { metric, values } of result) {
          // Where nothing was observed there is no share.
          const shares = values.map(([, value]) => Number(value)).filter(Number.isFinite);
          if (shares.length === 0) continue;
          const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
          assert.ok(mean < clampedMax, `${key} of ${metric['candidate']}: ${mean}`);
        }
      }
    });

    it('a process stays within its samples', async () => {
      const { result } = await prometheus.ask('max(scrape_samples_scraped{job="darkroom-service"})');
      const most = Math.max(...result.flatMap(({ values }) => values.map(([, value]) => Number(value))));
      assert.ok(most > 100 && most <= 4_000, `${most} samples`);
    });
  });
});
