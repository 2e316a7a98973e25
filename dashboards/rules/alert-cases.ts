/** A history of series, a second per value, and whether an alert fires at a moment of it. */
export type AlertCase = {
  readonly alert: string;
  readonly name: string;
  /** Values in promtool's notation: `0+10x60` is 0, 10, 20 … for a minute. */
  readonly series: Readonly<Record<string, string>>;
  readonly atSeconds: number;
  readonly fires: boolean;
};

const of = 'candidate="a",job="darkroom-service",instance="r1"';
const photoRoute = 'http_request_method="GET",http_route="/photos/:photoId"';
const feedRoute = 'http_request_method="GET",http_route="/users/:userId/feeds"';

/** A counter that grows by so much each second, then by so much, for so many seconds each. */
function grows(...stretches: readonly (readonly [perSecond: number, seconds: number])[]): string {
  let from = 0;
  return stretches
    .map(([perSecond, seconds]) => {
      const text = `${from}+${perSecond}x${seconds - 1}`;
      from += perSecond * seconds;
      return text;
    })
    .join(' ');
}

/** A gauge that stands at each value for so many seconds. */
function stands(...stretches: readonly (readonly [value: number, seconds: number])[]): string {
  return stretches.map(([value, seconds]) => `${value}+0x${seconds - 1}`).join(' ');
}

const requests = (
  perSecond: number,
  seconds = 400,
  more = `${photoRoute},http_response_status_code="200"`,
) => ({
  [`http_server_request_duration_seconds_count{${of},${more}}`]: grows([perSecond, seconds]),
});
const failing = (ok: number, failed: readonly (readonly [number, number])[]) => ({
  [`http_server_requests_total{${of},outcome="ok"}`]: grows([ok, 400]),
  [`http_server_requests_total{${of},outcome="failed"}`]: grows(...failed),
});
const reads = (route: string, le: string, all: number, fast: readonly (readonly [number, number])[]) => ({
  [`http_server_request_duration_seconds_count{${of},${route}}`]: grows([all, 400]),
  [`http_server_request_duration_seconds_bucket{${of},${route},le="${le}"}`]: grows(...fast),
});
const checks = (consistent: number, stale: number) => ({
  [`cache_consistency_checks_total{candidate="a",reader="other",horizon="5s",outcome="consistent"}`]: grows([
    consistent,
    400,
  ]),
  [`cache_consistency_checks_total{candidate="a",reader="other",horizon="5s",outcome="stale"}`]: grows([
    stale,
    400,
  ]),
});
const tier = (
  ok: readonly (readonly [number, number])[],
  failed: readonly (readonly [number, number])[],
) => ({
  [`cache_operation_duration_seconds_count{${of},cache_tier="redis",cache_operation="get",cache_result="hit"}`]:
    grows(...ok),
  [`cache_operation_duration_seconds_count{${of},cache_tier="redis",cache_operation="get",cache_result="error"}`]:
    grows(...failed),
});
/** Hits fall and queries rise at second 100. */
const collapse = (hitsAfter: number, queriesAfter: number, busy = 50) => ({
  ...requests(busy),
  [`cache_requests_total{${of},cache_tier="memory",cache_result="hit"}`]: grows([90, 100], [hitsAfter, 200]),
  [`cache_requests_total{${of},cache_tier="none",cache_result="miss"}`]: grows(
    [10, 100],
    [100 - hitsAfter, 200],
  ),
  [`db_client_operation_duration_seconds_count{${of}}`]: grows([10, 100], [queriesAfter, 200]),
});
/** After a burst that is over, goodput stays low and loads high. */
const metastable = (good: number, loads: number, offered = 100) => ({
  'load_requests_offered_total{candidate="a"}': grows([100, 100], [offered, 200]),
  'load_requests_total{candidate="a",outcome="ok"}': grows([100, 100], [good, 200]),
  [`cache_load_duration_seconds_count{${of}}`]: grows([10, 100], [loads, 200]),
});
const histogram = (name: string, le: string, all: number, below: number) => ({
  [`${name}_count{${of}}`]: grows([all, 100]),
  [`${name}_bucket{${of},le="${le}"}`]: grows([below, 100]),
  [`${name}_bucket{${of},le="+Inf"}`]: grows([all, 100]),
});
const gauge = (series: string, ...stretches: readonly (readonly [number, number])[]) => ({
  [series]: stands(...stretches),
});
const counter = (series: string, ...stretches: readonly (readonly [number, number])[]) => ({
  [series]: grows(...stretches),
});

const invalidations = (outcome: string) => `cache_invalidations_total{${of},outcome="${outcome}"}`;
const queued = (outcome: string) => `cache_queued_writes_total{${of},outcome="${outcome}"}`;
const pending = `db_client_connection_count{${of},state="pending"}`;
const busyLoop = `nodejs_eventloop_utilization_ratio{${of}}`;
const collecting = `nodejs_gc_duration_seconds_sum{${of},kind="major"}`;
const slot = 'pg_replication_slots_pg_wal_lsn_diff{slot_name="s"}';
const dropped = 'load_requests_dropped_total{candidate="a"}';
const lostSpans = `telemetry_spans_total{${of},stage="dropped"}`;
const samples = `scrape_samples_scraped{${of}}`;
const up = `up{${of}}`;
const loading = `cache_loads_inflight{${of}}`;

/** The cases of one alert: a name, what was, when, and whether it fires. */
type Row = readonly [
  name: string,
  series: Readonly<Record<string, string>>,
  atSeconds: number,
  fires: boolean,
];

const table: Readonly<Record<string, readonly Row[]>> = {
  RequestErrorBudgetBurn: [
    ['three in a hundred fail', failing(97, [[3, 400]]), 60, true],
    ['one in ten thousand fails', failing(100, [[0.01, 400]]), 399, false],
    ['they fail, but hardly anybody asks', failing(0.1, [[0.1, 400]]), 60, false],
    [
      'a process that was asked for nothing before fails at once',
      {
        [`http_server_requests_total{${of},outcome="ok"}`]: stands([0, 100]),
        [`http_server_requests_total{${of},outcome="failed"}`]: stands([0, 50], [500, 50]),
      },
      55,
      true,
    ],
    [
      'it was long ago',
      failing(97, [
        [3, 10],
        [0, 390],
      ]),
      395,
      false,
    ],
  ],
  PhotoReadBudgetBurn: [
    ['a fifth is slow', reads(photoRoute, '0.05', 50, [[40, 400]]), 60, true],
    ['one in two hundred is slow', reads(photoRoute, '0.05', 50, [[49.75, 400]]), 399, false],
    ['nobody asks', reads(photoRoute, '0.05', 0, [[0, 400]]), 60, false],
    [
      'all are refused at once',
      {
        [`http_server_request_duration_seconds_count{${of},${photoRoute},http_response_status_code="503"}`]:
          grows([50, 400]),
        [`http_server_request_duration_seconds_bucket{${of},${photoRoute},http_response_status_code="503",le="0.05"}`]:
          grows([50, 400]),
      },
      60,
      true,
    ],
  ],
  FeedBudgetBurn: [
    ['a fifth is slow', reads(feedRoute, '0.1', 50, [[40, 400]]), 60, true],
    ['one in two hundred is slow', reads(feedRoute, '0.1', 50, [[49.75, 400]]), 399, false],
    ['only photos are slow', reads(photoRoute, '0.1', 50, [[10, 400]]), 60, false],
  ],
  FreshnessBudgetBurn: [
    ['a tenth is stale', checks(0.9, 0.1), 60, true],
    ['all is seen', checks(1, 0), 399, false],
    [
      'one is stale, of few',
      {
        ...checks(1, 0),
        'cache_consistency_checks_total{candidate="a",reader="other",horizon="5s",outcome="stale"}': stands(
          [0, 300],
          [1, 100],
        ),
      },
      320,
      false,
    ],
    ['nobody looks', checks(0, 0), 60, false],
  ],
  RedisTierDown: [
    [
      'all commands fail',
      tier(
        [
          [50, 30],
          [0, 60],
        ],
        [
          [0, 30],
          [50, 60],
        ],
      ),
      60,
      true,
    ],
    ['four in ten fail', tier([[60, 90]], [[40, 90]]), 60, false],
    ['nobody asks it', tier([[0, 90]], [[0, 90]]), 60, false],
    [
      'it is back',
      tier(
        [
          [50, 30],
          [0, 20],
          [50, 50],
        ],
        [
          [0, 30],
          [50, 20],
          [0, 50],
        ],
      ),
      75,
      false,
    ],
  ],
  CacheHitRatioCollapse: [
    ['hits fall from 90 to 40 %', collapse(40, 60), 130, true],
    ['hits fall by ten points', collapse(80, 60), 130, false],
    ['hits fall, and the database has no more to do', collapse(40, 10), 130, false],
    ['hardly anybody asks', collapse(40, 60, 0.5), 130, false],
    [
      'redis is down, and that is told already',
      { ...collapse(40, 60), ...tier([[0, 300]], [[50, 300]]) },
      130,
      false,
    ],
  ],
  CacheStampede: [
    ['forty loads at once after two', gauge(loading, [2, 100], [40, 20]), 103, true],
    ['there are always forty', gauge(loading, [40, 120]), 103, false],
    ['twelve after two', gauge(loading, [2, 100], [12, 20]), 103, false],
    ['it is over', gauge(loading, [2, 100], [40, 5], [2, 20]), 115, false],
  ],
  MetastableLoad: [
    ['half succeeds, and loads have trebled', metastable(50, 30), 130, true],
    ['all succeeds', metastable(100, 30), 130, false],
    ['half succeeds, without more loads', metastable(50, 10), 130, false],
    ['more is asked for than before', metastable(50, 30, 200), 130, false],
  ],
  InvalidationsFail: [
    ['some fail', counter(invalidations('failed'), [0, 20], [2, 80]), 60, true],
    ['the bus was cut', counter(invalidations('cut'), [0, 50], [1, 5], [0, 45]), 64, true],
    ['none fails', counter(invalidations('failed'), [0, 100]), 60, false],
    ['it is over', counter(invalidations('failed'), [2, 20], [0, 80]), 60, false],
    [
      'redis was down a moment ago',
      {
        ...counter(invalidations('failed'), [2, 70], [0, 30]),
        ...tier(
          [
            [0, 60],
            [50, 40],
          ],
          [
            [50, 60],
            [0, 40],
          ],
        ),
      },
      78,
      false,
    ],
    [
      'redis is down',
      { ...counter(invalidations('failed'), [2, 100]), ...tier([[0, 100]], [[50, 100]]) },
      60,
      false,
    ],
  ],
  InvalidationLag: [
    ['they take two seconds and more', histogram('cache_invalidation_lag_seconds', '2.5', 10, 0), 60, true],
    ['they take a second at most', histogram('cache_invalidation_lag_seconds', '1.0', 10, 10), 60, false],
    ['there are none', histogram('cache_invalidation_lag_seconds', '1.0', 0, 0), 60, false],
  ],
  WriteQueueStuck: [
    [
      'nothing is flushed',
      { ...counter(queued('appended'), [5, 100]), ...counter(queued('flushed'), [0, 100]) },
      60,
      true,
    ],
    ['storage has refused some', counter(queued('set-aside'), [1, 100]), 60, true],
    [
      'they are flushed',
      { ...counter(queued('appended'), [5, 100]), ...counter(queued('flushed'), [5, 100]) },
      60,
      false,
    ],
    [
      'nobody writes',
      { ...counter(queued('appended'), [0, 100]), ...counter(queued('flushed'), [0, 100]) },
      60,
      false,
    ],
  ],
  ConnectionPoolSaturated: [
    ['requests wait all the time', gauge(pending, [3, 100]), 60, true],
    ['they wait now and then', { [pending]: '0 3 0 3 0 3'.repeat(1) + ' 0+0x80' }, 30, false],
    ['none waits', gauge(pending, [0, 100]), 60, false],
  ],
  EventLoopSaturated: [
    ['it is always busy', gauge(busyLoop, [0.97, 100]), 60, true],
    ['it is busy for 85 %', gauge(busyLoop, [0.85, 100]), 60, false],
    ['it was busy', gauge(busyLoop, [0.97, 30], [0.1, 70]), 60, false],
  ],
  GarbageCollectionHeavy: [
    ['it takes a fifth of the time', counter(collecting, [0.2, 100]), 60, true],
    ['it takes a twentieth', counter(collecting, [0.05, 100]), 60, false],
  ],
  ReplicationSlotLag: [
    ['a hundred megabytes are kept', gauge(slot, [100_000_000, 100]), 60, true],
    ['a megabyte is kept', gauge(slot, [1_000_000, 100]), 60, false],
    ['it is read again', gauge(slot, [100_000_000, 30], [1_000, 70]), 60, false],
  ],
  LoadDropped: [
    ['some requests are not sent', counter(dropped, [0, 20], [1, 80]), 60, true],
    ['all are sent', counter(dropped, [0, 100]), 60, false],
  ],
  TargetDown: [
    ['it does not answer', gauge(up, [1, 20], [0, 80]), 60, true],
    ['it missed two scrapes', gauge(up, [1, 20], [0, 2], [1, 78]), 24, false],
    ['it is back', gauge(up, [1, 20], [0, 30], [1, 50]), 55, false],
  ],
  SpansDropped: [
    ['some are lost', counter(lostSpans, [0, 20], [5, 80]), 60, true],
    ['none is lost', counter(lostSpans, [0, 100]), 60, false],
  ],
  TooManySamples: [
    ['4,500 per scrape', gauge(samples, [4_500, 100]), 60, true],
    ['3,900 per scrape', gauge(samples, [3_900, 100]), 60, false],
  ],
  QuantilesClamped: [
    [
      'a tenth lies above the last bucket',
      histogram('http_server_request_duration_seconds', '10.0', 10, 9),
      60,
      true,
    ],
    [
      'the same before Prometheus 3',
      histogram('http_server_request_duration_seconds', '10', 10, 9),
      60,
      true,
    ],
    [
      'one in two hundred does',
      histogram('http_server_request_duration_seconds', '10.0', 10, 9.95),
      60,
      false,
    ],
  ],
};

export const alertCases: readonly AlertCase[] = Object.entries(table).flatMap(([alert, rows]) =>
  rows.map(([name, series, atSeconds, fires]) => ({ alert, name, series, atSeconds, fires })),
);
