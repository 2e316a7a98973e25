import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { createCounterObserver, createRollupObserver } from '../../app/observability/counter-observers.ts';
import { createFeedObserver } from '../../app/observability/feed-observers.ts';
import { createGatewayObserver, createLeaderObserver } from '../../app/observability/gateway-observers.ts';
import { createMetrics } from '../../app/observability/metrics.ts';
import type { MetricObservers } from '../../app/observability/metrics.ts';
import { createProcessRegistry } from '../../app/observability/process-registry.ts';
import type { MetricsRegistry } from '../../app/observability/metrics-registry.ts';
import { queriesOf } from '../../dashboards/board.ts';
import { boards } from '../../dashboards/boards/index.ts';
import { liveCharts } from '../../dashboards/live-queries.ts';
import { openPromqlJudge } from '../support/promql-judge.ts';
import type { Minute, PromqlJudge } from '../support/promql-judge.ts';
import { withoutVariables } from './lint/promql-names.ts';

const mode: TelemetryModeName = 'metrics';
const replica = {
  strategy: 'cache-aside',
  candidate: 'a',
  tiers: { local: 'memory', shared: 'redis' },
  replica: 'r1',
  mode,
  possible: { names: ['photo'], written: ['photo'], invalidations: ['failed'], defersWrites: false },
} as const;
/** Seconds of the minute before it happens. */
const quietSeconds = 57;
const sample = /^(\w+)(?:\{(.*)\})? ([\d.]+)$/;

let judge: PromqlJudge;
before(async () => {
  judge = await openPromqlJudge();
});
after(() => judge.close());

/** Begins to observe in a registry, and returns what happens once. */
type Observed = (registry: MetricsRegistry) => () => void;

/** A replica that does its work, and then this once. */
function ofReplica(happens: (observers: MetricObservers) => void): Observed {
  return (registry) => {
    const { observers } = createMetrics({ ...replica, registry });
    assert.ok(observers !== null);
    const request = { method: 'GET', route: '/photos/:photoId', status: 200, durationSeconds: 0.001 };
    observers.request(request);
    return () => {
      happens(observers);
      observers.request(request);
    };
  };
}

/** A process in which something happens once: a minute of what is scraped of it. */
async function minuteWith(observed: Observed): Promise<Minute> {
  const registry = createProcessRegistry(replica);
  const happens = observed(registry);
  const scrape = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(
      (await registry.metrics()).split('\n').flatMap((line) => {
        const [, name = '', labels = '', value = ''] = sample.exec(line) ?? [];
        if (name === '') return [];
        const target = ['candidate="a"', 'instance="r1"', 'job="darkroom-service"'];
        const own = labels.split(',').filter((label) => label !== '' && !label.startsWith('candidate='));
        return [[`${name}{${[...target, ...own].join(',')}}`, value] as const];
      }),
    );
  const quiet = await scrape();
  happens();
  return Object.fromEntries(
    [...(await scrape())].map(([series, value]) => {
      const before = quiet.get(series);
      // Of a value that is repeated there is one more than is said; of none there are as many.
      const quietly = before === undefined ? `_x${quietSeconds + 1}` : `${before}+0x${quietSeconds}`;
      return [series, `${quietly} ${value}+0x5`];
    }),
  );
}

const failedRead = { type: 'tier-operation', name: 'photo', tier: 'redis', operation: 'get' } as const;
const failedRequest = ofReplica(({ request }) =>
  request({ method: 'GET', route: '/photos/:photoId', status: 503, durationSeconds: 0.001 }),
);
const failedCommand = ofReplica(({ cache }) =>
  cache.happened({ ...failedRead, result: 'error', durationMs: 1 }),
);
const rows: readonly (readonly [panel: string, observed: Observed])[] = [
  ['Which share of the requests fails?', failedRequest],
  [
    'Which routes fail?',
    ofReplica(({ request }) =>
      request({ method: 'POST', route: '/users/:userId/posts', status: 503, durationSeconds: 0.001 }),
    ),
  ],
  ['Does the cache answer?', failedCommand],
  [
    'Do loads fail?',
    ofReplica(({ cache }) =>
      cache.happened({ type: 'loaded', name: 'photo', keys: 1, durationMs: 1, isFailed: true }),
    ),
  ],
  [
    'Are late fills turned away?',
    ofReplica(({ cache }) => cache.happened({ type: 'fill-rejected', name: 'photo', tier: 'redis' })),
  ],
  [
    'Do queries fail?',
    ofReplica(({ storage }) =>
      storage({ statement: 'select_photos', durationMs: 1, waitMs: 0, errorType: '57014' }),
    ),
  ],
  [
    'Does counting fail?',
    (registry) => {
      const { operated } = createCounterObserver(registry, ['row-cas']);
      return () => operated('add', 'row-cas', 'failed', 1);
    },
  ],
  [
    'What becomes of rollups?',
    (registry) => {
      const { rolledUp } = createRollupObserver(registry);
      return () => rolledUp('failed', 1);
    },
  ],
  [
    'Are fills given up?',
    (registry) => {
      const { filled } = createFeedObserver(registry);
      return () => filled('failed');
    },
  ],
  [
    'What is refused?',
    (registry) => {
      const { refused } = createGatewayObserver(registry);
      return () => refused('LEADER_LOST');
    },
  ],
  [
    'How many gateways were cut off?',
    (registry) => {
      const { cut } = createLeaderObserver(registry);
      return cut;
    },
  ],
];

describe('the first failure of its kind', () => {
  for (const [title, observed] of rows)
    it(`is seen by the panel that asks: ${title}`, async () => {
      const [query] = boards.flatMap(queriesOf).filter(({ panel }) => panel === title);
      assert.ok(query !== undefined, title);
      const seen = `max by (candidate) ((${withoutVariables(query.expr)}) > bool 0)`;
      await judge.assertSays(await minuteWith(observed), seen, 1);
    });

  for (const [title, label, observed] of [
    ['How many requests are answered?', 'failed', failedRequest],
    ['Does the cache answer?', 'failed', failedCommand],
  ] as const)
    it(`is seen by the live page: ${title}`, async () => {
      const chart = liveCharts.find((one) => one.title === title);
      const expr = chart?.series.find((line) => line.label === label)?.expr ?? '';
      await judge.assertSays(await minuteWith(observed), `max by (candidate) ((${expr}) > bool 0)`, 1);
    });
});
