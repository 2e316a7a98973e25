import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { objectives } from '../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../app/contract/objectives.ts';
import { operations } from '../../app/contract/operations.ts';
import { boards } from '../../dashboards/boards/index.ts';
import { CommandError } from '../../cli/errors.ts';
import { rememberSessions } from '../../cli/experiment/remember-sessions.ts';
import { askRunningTraces } from '../../cli/traces/running-traces.ts';
import type { KeptSpan } from '../../cli/traces/span.ts';
import { operandsOf } from '../dashboards/lint/promql-operands.ts';
import { complainOfLegend } from '../dashboards/lint/legend-limits.ts';
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
import type { Answer, AskedSeries, PrometheusQuestions } from '../support/prometheus-questions.ts';
import {
  askForMetadata,
  blockTransaction,
  countThings,
  databaseOf,
  freezeReplica,
  loseDatabase,
  loseRedis,
  overtakeLoads,
  readOften,
} from '../support/trouble.ts';
import { findTestVarnish } from '../support/edge-under-test.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWatchedStack } from '../support/watched-stack.ts';
import type { WatchedStack } from '../support/watched-stack.ts';

/**
 * Between them they have every tier, every kind of protection, every way to hear of writes, an outbox, feeds that are pushed, counters
 * that are rolled up and read with what is not, a gateway, and where there is a Varnish an edge.
 */
const varnish = await findTestVarnish();
const hasEdge = 'folder' in varnish;
const deferring = 'write-behind:ttl=3s,gateway=consistent,records=100';
const candidates = [
  {
    text: 'stale-while-revalidate:ttl=2s,memory=64KiB,protection=lease,feed=push,active=20,counter=accurate',
  },
  { text: deferring },
  // Who asks the edge does not ask a replica by its name: one is as good as two.
  { text: `change-stream:ttl=3s,memory=64KiB${hasEdge ? ',edge=on' : ''}`, replicas: 1 },
];
const options = { people: 60, photos: 300, replicas: 2, seed: 1, telemetry: 'trace100' } as const;
const ratePerSecond = 10;
/** The window of what is rare, of which two must be over. Boards offer longer ones, of which two would take minutes under load. */
const rare = '10s';
/** The most have the alerts: on a busy machine nearly all of them, pending and firing, of each candidate, and some of each process. */
const seriesMax = 200;
/** Whether a page at the edge lacks a write is chance where all writes are told; `app/edge` has tests of what it is a mean of. */
const chancePanels = new Set(['For how long had that been acknowledged?']);
const clampedMax = 0.01;
const spansPerReadMax = 5;
/** What is waited for is looked for so often, and so far back: it costs Prometheus what the stack is to have. */
const [lookEveryMs, lookBackSeconds] = [500, 30];
/** Each takes less than twenty seconds; a busy machine takes its time. */
const patienceMs = 150_000;

const filled = (expr: string): string => withoutVariables(expr, rare);

let stack: WatchedStack;
let prometheus: PrometheusQuestions;

/** A while in which two worlds are well; then each gets into a trouble of its own, and out of it again. */
async function bringAbout({ worlds, postgresAdminUrl }: WatchedStack): Promise<void> {
  const hasWithin =
    (seconds: number | undefined, ...queries: readonly string[]) =>
    async () => {
      await wait(lookEveryMs);
      return (await Promise.all(queries.map((query) => prometheus.has(query, seconds)))).every(Boolean);
    };
  const has = (...queries: readonly string[]) => hasWithin(lookBackSeconds, ...queries);
  // Of what has not grown while it was looked at, a ratio or a quantile is no number.
  const grows = (counter: string): string => `rate(${counter}[15s]) > 0`;
  const firing = (alert: string) => has(`ALERTS{alertname="${alert}",alertstate="firing"}`);
  const [first, second, third] = worlds;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  // Its alert is what takes longest to clear.
  const loseRedisForAWhile = async (): Promise<void> => {
    await loseRedis(third, firing('RedisTierDown'));
    await waitUntil(async () => {
      await wait(lookEveryMs);
      return !(await prometheus.hasNow('ALERTS{alertname="RedisTierDown",alertstate="firing"}'));
    }, patienceMs);
  };
  const haveTrouble = async (): Promise<void> => {
    await Promise.all([
      waitUntil(has('load_requests_total > 50'), patienceMs),
      countThings(
        first,
        has(grows('darkroom_counter_rollup_lag_seconds_count'), grows('darkroom_counter_operations_total')),
      ),
      askForMetadata(
        second,
        has(
          grows('darkroom_gateway_sync_delay_seconds_count'),
          grows('darkroom_gateway_queries_total'),
          grows('darkroom_leader_write_duration_seconds_count'),
        ),
      ),
      blockTransaction(postgresAdminUrl, third.database, has('pg_blocked_transactions > 0')),
    ]);
    // A budget over five minutes needs hundreds of events; to wait until the load has sent them would take minutes.
    const budgets = (Object.keys(objectives) as ObjectiveName[]).map((name) => badRatioName(name, '5m'));
    await Promise.all([
      loseDatabase(postgresAdminUrl, second.database, firing('RequestErrorBudgetBurn')),
      // The one that the exporter asks.
      loseDatabase(postgresAdminUrl, databaseOf(postgresAdminUrl), firing('PostgresDown')),
      (async () => {
        await overtakeLoads(third, has('cache_fills_rejected_total > 0'));
        await freezeReplica(third, has('up{job="darkroom-service"} == 0'));
      })(),
      readOften(first, has(...budgets)),
      waitUntil(has(grows('cache_versions_behind_count')), patienceMs),
    ]);
  };
  await Promise.all([loseRedisForAWhile(), haveTrouble()]);
  // What has changed is told beside a window before, in which there was something.
  const counters = [
    'darkroom_gateway_queries_total',
    'darkroom_counter_operations_total',
    ...(hasEdge ? ['darkroom_edge_requests_total'] : []),
  ];
  // On a busy machine, that is minutes ago.
  const grewBefore = counters.map((name) => filled(`rate(${name}[$rare] offset $rare) > 0`));
  await waitUntil(hasWithin(undefined, ...grewBefore), patienceMs);
}

/** By query, once the load has ended: all boards have the same marks, and alerts compare what others compare. */
const answers = new Map<string, Answer>();

/** Fails unless the query is answered by a bounded number of series with finite values. */
async function assertAnswered(expr: string, where: string): Promise<readonly AskedSeries[]> {
  const query = filled(expr);
  const answer = answers.get(query) ?? (await prometheus.ask(query));
  answers.set(query, answer);
  const { status, error, result } = answer;
  assert.equal(status, 'success', `${where}: ${error}`);
  assert.ok(result.length > 0, `${where} is empty: ${expr}`);
  assert.ok(result.length <= seriesMax, `${where} has ${result.length} series: ${expr}`);
  const finite = result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
  assert.ok(finite, `${where} has no finite value: ${expr}`);
  return result;
}

/** Those of a trace. A busy machine is asked again. */
async function spansOf(traceId: string, attemptsLeft = 5): Promise<readonly KeptSpan[]> {
  try {
    return (await askRunningTraces(stack.traces, process.pid).startingWith(traceId)).spans;
  } catch (error) {
    if (attemptsLeft === 1 || !(error instanceof CommandError)) throw error;
    return spansOf(traceId, attemptsLeft - 1);
  }
}

/** The exemplar of the greatest value whose trace is there, and the spans of that trace. */
async function follow(selector: string) {
  const exemplars = await prometheus.exemplars(selector, 20);
  for (const exemplar of exemplars.toSorted((a, b) => b.value - a.value)) {
    // All worlds get the same requests, with the same ids.
    const spans = (await spansOf(exemplar.traceId)).filter(
      ({ candidate }) => candidate === exemplar.series['candidate'],
    );
    // The span of a request ends last: with it, the trace is whole.
    if (spans.some(({ kind }) => kind === 'server')) return { exemplar, spans };
  }
  return assert.fail(`${exemplars.length} exemplars of ${selector}, and none of their traces is there`);
}

describe('with the stack under load, and each world in trouble', { timeout: 800_000 }, () => {
  before(
    async () => {
      const sinceMs = Date.now();
      stack = await startWatchedStack({ candidates, options, ratePerSecond });
      prometheus = createPrometheusQuestions(stack.prometheus, sinceMs);
      // The first request of a person would ask storage who that is: a query more than is looked for in a trace.
      await rememberSessions(stack.worlds, options, (text) => assert.fail(text));
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
    // The slowest request is one during which the machine was busy, so that the two may end apart.
    const offSeconds = Math.abs(seconds - exemplar.value);
    assert.ok(offSeconds < 0.05 + exemplar.value / 2, `${seconds} s, not ${exemplar.value} s`);
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
      it(`every panel has something to show, and no more than can be read: ${board.title}`, async () => {
        const { panels } = JSON.parse(renderBoard(board)) as PublishedDashboard;
        const complaints: string[] = [];
        for (const panel of panels) {
          if (panel.type === 'row') continue;
          const answers: (readonly AskedSeries[])[] = [];
          for (const { expr } of panel.targets) {
            if (chancePanels.has(panel.title) && !(await prometheus.has(filled(expr)))) continue;
            answers.push(await assertAnswered(expr, panel.title));
          }
          complaints.push(...complainOfLegend(panel, answers));
        }
        assert.deepEqual(complaints, []);
      });

    for (const board of boards)
      it(`every choice and every mark has something to show: ${board.title}`, async () => {
        const { templating, annotations } = JSON.parse(renderBoard(board)) as PublishedDashboard;
        for (const { name, type, query } of templating.list) {
          if (type !== 'query') continue;
          const text = typeof query === 'object' ? String(query['query']) : '';
          const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
          const values = await prometheus.labelValues(label, filled(selector));
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
          if (operand.includes(' offset ') || (alert.startsWith('Edge') && !hasEdge)) continue;
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
