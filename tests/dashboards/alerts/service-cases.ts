import { metricCatalogue } from '../../../app/contract/metric-catalogue.ts';
import { replica } from './alert-case.ts';
import type { CaseRow, CaseSetting, CaseTable, Stretch } from './alert-case.ts';
import { quantileHistograms } from '../../../dashboards/quantile-histograms.ts';

type Series = Readonly<Record<string, string>>;

export function serviceCases(setting: CaseSetting): CaseTable {
  return {
    ...saturationCases(setting),
    ...storageCases(setting),
    ...telemetryCases(setting),
  };
}

function saturationCases({ grows, stands }: CaseSetting): CaseTable {
  const pending = `db_client_connection_count{${replica},state="pending"}`;
  const busy = (...stretches: readonly Stretch[]): Series => ({
    [`nodejs_eventloop_utilization_ratio{${replica}}`]: stands(...stretches),
  });
  const collecting = (share: number): Series => ({
    [`nodejs_gc_duration_seconds_sum{${replica},kind="major"}`]: grows([share, 100]),
  });
  const dropped = (...stretches: readonly Stretch[]): Series => ({
    'load_requests_dropped_total{candidate="a"}': grows(...stretches),
  });
  return {
    ConnectionPoolSaturated: [
      ['requests wait all the time', { [pending]: stands([3, 100]) }, 60, true],
      ['they wait now and then', { [pending]: `${'3 0 '.repeat(30)}0+0x40` }, 50, false],
      ['none waits', { [pending]: stands([0, 100]) }, 60, false],
    ],
    EventLoopSaturated: [
      ['it is always busy', busy([0.97, 100]), 60, true],
      ['it is busy for 85 %', busy([0.85, 100]), 60, false],
      ['it was busy', busy([0.97, 30], [0.1, 70]), 60, false],
      [
        'a gateway is always busy',
        {
          'nodejs_eventloop_utilization_ratio{candidate="a",job="darkroom-process",instance="a-gateway-1",kind="gateway"}':
            stands([0.97, 100]),
        },
        60,
        true,
      ],
    ],
    GarbageCollectionHeavy: [
      ['it takes 15 % of the time', collecting(0.15), 60, true],
      ['it takes 7 %', collecting(0.07), 60, false],
    ],
    LoadDropped: [
      ['some requests are not sent', dropped([0, 20], [1, 80]), 60, true],
      ['all are sent', dropped([0, 100]), 60, false],
    ],
  };
}

function storageCases({ stands, timing }: CaseSetting): CaseTable {
  const up = (...stretches: readonly Stretch[]): Series => ({
    'pg_up{job="postgres",instance="postgres"}': stands(...stretches),
  });
  const of = 'job="postgres",instance="postgres",slot_name="s"';
  const slot = (bytes: readonly Stretch[], active: readonly Stretch[]): Series => ({
    [`pg_replication_slots_pg_wal_lsn_diff{${of}}`]: stands(...bytes),
    [`pg_replication_slots_active{${of}}`]: stands(...active),
  });
  const { slotBytes, readSlotBytes } = timing;
  const always = (value: number): readonly Stretch[] => [[value, 100]];
  return {
    PostgresDown: [
      ['its exporter does not reach it', up([1, 20], [0, 80]), 40, true],
      ['it was away for one scrape', up([1, 20], [0, 1], [1, 79]), 25, false],
      ['it is back', up([1, 20], [0, 20], [1, 60]), 45, false],
      ['it answers', up([1, 100]), 60, false],
    ],
    ReplicationSlotLag: [
      ['much is kept, and nobody reads it', slot(always(1.5 * slotBytes), always(0)), 60, true],
      ['far more is kept than a reader needs', slot(always(1.5 * readSlotBytes), always(1)), 60, true],
      ['a little is kept while nobody reads it', slot(always(0.75 * slotBytes), always(0)), 60, false],
      ['much is kept, and read', slot(always(1.5 * slotBytes), always(1)), 60, false],
      ['nearly too much is kept, and read', slot(always(0.75 * readSlotBytes), always(1)), 60, false],
      [
        'it is read again',
        slot(
          [
            [1.5 * slotBytes, 40],
            [1_000, 60],
          ],
          [
            [0, 30],
            [1, 70],
          ],
        ),
        60,
        false,
      ],
    ],
  };
}

function telemetryCases(setting: CaseSetting): CaseTable {
  const { grows, stands } = setting;
  const up = (...stretches: readonly Stretch[]): Series => ({ [`up{${replica}}`]: stands(...stretches) });
  const lost = (...stretches: readonly Stretch[]): Series => ({
    [`telemetry_spans_total{${replica},stage="dropped"}`]: grows(...stretches),
  });
  const samples = (count: number): Series => ({
    [`scrape_samples_scraped{${replica}}`]: stands([count, 100]),
  });
  return {
    TargetDown: [
      ['it does not answer', up([1, 20], [0, 80]), 60, true],
      ['it missed two scrapes', up([1, 20], [0, 2], [1, 78]), 25, false],
      ['it is back', up([1, 20], [0, 30], [1, 50]), 55, false],
      [
        'it is one beside the replicas, which another alert tells',
        { 'up{candidate="a",job="darkroom-process",instance="a-worker-1",kind="worker"}': stands([0, 100]) },
        60,
        false,
      ],
    ],
    SpansDropped: [
      ['some are lost', lost([0, 20], [5, 80]), 60, true],
      ['none is lost', lost([0, 100]), 60, false],
    ],
    TooManySamples: [
      ['4,500 per scrape', samples(4_500), 60, true],
      ['3,900 per scrape', samples(3_900), 60, false],
    ],
  };
}

/** Above the last bucket of each histogram. Prometheus 3 writes a whole bound as `10.0`, Prometheus 2 as `10`. */
export function clampedCases({ grows }: CaseSetting): CaseTable {
  const rows = quantileHistograms.flatMap((key) => {
    const { name, buckets } = metricCatalogue[key];
    const last = buckets.at(-1) ?? 0;
    const above = (share: number, le: string): Series => ({
      [`${name}_count{${replica}}`]: grows([100, 30]),
      [`${name}_bucket{${replica},le="${le}"}`]: grows([100 * (1 - share), 30]),
    });
    const bounds = Number.isInteger(last) ? [String(last), `${last}.0`] : [String(last)];
    return bounds.flatMap((le): CaseRow[] => [
      [`three in two hundred of ${name} lie above ${le}`, above(0.015, le), 24, true],
      [`three in four hundred of ${name} lie above ${le}`, above(0.0075, le), 24, false],
    ]);
  });
  return { QuantilesClamped: rows };
}
