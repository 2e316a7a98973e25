import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liveCharts, liveEvents, liveFigures, liveRounds } from '../../dashboards/live-queries.ts';
import { figureNamed } from '../figures/figure-list.ts';
import { createLiveData } from './live-data.ts';
import type { FiringAlert, Grid, GridSeries, PrometheusClient } from './prometheus-client.ts';

const nowMs = 1_000_000_500;
/** The last second whose scrapes are over. */
const last = 999_999;
const requests = liveCharts.find(({ id }) => id === 'requests');
const offered = requests?.series.find(({ label }) => label === 'offered')?.expr ?? '';
const alertEvents = liveEvents[0]?.expr ?? '';
const outages = liveEvents.filter(({ isOutage }) => isOutage).map(({ expr }) => expr);

type Fake = {
  /** What an expression answers; nothing where it is not named. */
  readonly answers?: Readonly<Record<string, (grid: Grid) => readonly GridSeries[]>>;
  readonly alerts?: readonly FiringAlert[];
};

function fakeClient({ answers = {}, alerts = [] }: Fake) {
  const asked: { expr: string; grid: Grid }[] = [];
  const client: PrometheusClient = {
    async range(expr, grid) {
      asked.push({ expr, grid });
      return answers[expr]?.(grid) ?? [];
    },
    alerts: async () => alerts,
  };
  return { client, asked };
}

/** A series that is 1 in these seconds and not there in the others. */
function presentIn(labels: GridSeries['labels'], isThere: (second: number) => boolean) {
  return ({ from, to }: Grid): GridSeries => ({
    labels,
    values: Array.from({ length: to - from + 1 }, (_, index) => (isThere(from + index) ? 1 : null)),
  });
}

const valuesOf = ({ from, to }: Grid, value: number | null) =>
  Array.from({ length: to - from + 1 }, () => value);

const asList =
  (...series: ((grid: Grid) => GridSeries)[]) =>
  (grid: Grid) =>
    series.map((one) => one(grid));

describe('what is asked of Prometheus', () => {
  it('is all that is kept at the first look, and later what is new', async () => {
    const { client, asked } = fakeClient({});
    const data = createLiveData(client, () => nowMs);
    const first = await data.since(0);
    assert.deepEqual([first.from, first.to], [last - 299, last]);
    const second = await data.since(last - 2);
    assert.deepEqual([second.from, second.to], [last - 1, last]);
    const lengths = new Set(asked.map(({ grid }) => grid.to - grid.from + 1));
    // Of figures only the latest value is wanted.
    assert.deepEqual(lengths, new Set([300, 2, 1]));
  });

  it('is one second at least, for a page that is ahead of the clock', async () => {
    const { client } = fakeClient({});
    const { from, to } = await createLiveData(client, () => nowMs).since(last + 1_000);
    assert.deepEqual([from, to], [last, last]);
  });

  it('is asked once for all that look within the same second', async () => {
    const { client, asked } = fakeClient({});
    let now = nowMs;
    const data = createLiveData(client, () => now);
    await Promise.all([data.since(last - 1), data.since(last - 1), data.since(last - 1)]);
    const once = asked.length;
    assert.equal(once, liveCharts.flatMap(({ series }) => series).length + liveEvents.length + 2);
    now += 1_000;
    await data.since(last - 1);
    assert.equal(asked.length, 2 * once);
  });

  it('is bounded, however many different seconds are asked for', async () => {
    const { client, asked } = fakeClient({});
    const data = createLiveData(client, () => nowMs);
    await data.since(0);
    const once = asked.length;
    for (let second = last - 200; second < last; second += 1) {
      const { to } = await data.since(second);
      assert.equal(to, last);
    }
    assert.ok(asked.length <= 5 * once, `${asked.length} queries, ${once} for one look`);
  });

  it('rejects when Prometheus does', async () => {
    const client: PrometheusClient = {
      range: async () => Promise.reject(new RangeError('gone')),
      alerts: async () => [],
    };
    await assert.rejects(createLiveData(client, () => nowMs).since(0), /gone/);
  });
});

describe('an update', () => {
  it('has a line for each candidate that a query finds', async () => {
    const find = (grid: Grid) => ['a', 'b'].map((candidate) => presentIn({ candidate }, () => true)(grid));
    const { client } = fakeClient({ answers: { [offered]: find } });
    const { charts } = await createLiveData(client, () => nowMs).since(last - 1);
    assert.deepEqual(charts['requests'], [
      { label: 'offered', candidate: 'a', values: [1] },
      { label: 'offered', candidate: 'b', values: [1] },
    ]);
    assert.deepEqual(charts['latency'], []);
  });

  it('has what figures came to last, in their own words, and nothing of one that no list knows', async () => {
    const find = asList(
      (grid) => ({ labels: { candidate: 'a', figure: 'hitRatio' }, values: valuesOf(grid, 0.5) }),
      (grid) => ({ labels: { candidate: 'a', figure: 'p50' }, values: valuesOf(grid, null) }),
      (grid) => ({ labels: { candidate: 'a', figure: 'unheardOf' }, values: valuesOf(grid, 1) }),
    );
    const { client } = fakeClient({ answers: { [liveFigures]: find } });
    const { figures } = await createLiveData(client, () => nowMs).since(0);
    const text = figureNamed('hitRatio').write(0.5);
    assert.deepEqual(figures, [{ candidate: 'a', figure: 'hitRatio', text }]);
  });

  it('has an event for each stretch, also when only a second is new', async () => {
    const redisDown = outages[1] ?? '';
    const isDown = (second: number) =>
      (second >= last - 50 && second <= last - 40) || second === last - 20 || second >= last - 3;
    const { client } = fakeClient({
      answers: { [redisDown]: asList(presentIn({ candidate: 'a' }, isDown)) },
    });
    const { events } = await createLiveData(client, () => nowMs).since(last - 1);
    assert.deepEqual(events, [
      { text: 'Redis of a is down', from: last - 50, to: last - 40, isOutage: true },
      { text: 'Redis of a is down', from: last - 20, to: last - 20, isOutage: true },
      { text: 'Redis of a is down', from: last - 3, to: null, isOutage: true },
    ]);
  });

  it('joins the events that read the same, and has the earlier ones first', async () => {
    const labels = { alertname: 'Burn', candidate: 'a' };
    const { client } = fakeClient({
      answers: {
        [alertEvents]: asList(
          presentIn({ ...labels, burn: '6' }, (second) => second >= last - 30 && second <= last - 10),
          presentIn({ ...labels, burn: '14.4' }, (second) => second >= last - 20 && second <= last - 5),
          presentIn({ alertname: 'Early' }, (second) => second === last - 100),
        ),
      },
    });
    const { events } = await createLiveData(client, () => nowMs).since(0);
    assert.deepEqual(events, [
      { text: 'Early', from: last - 100, to: last - 100, isOutage: false },
      { text: 'Burn (a)', from: last - 30, to: last - 5, isOutage: false },
    ]);
  });

  it('has each round of an experiment once, from its first block to its last', async () => {
    const { client } = fakeClient({
      answers: {
        [liveRounds]: asList(
          presentIn({ round: '2' }, (second) => second > last - 30),
          // In turns nothing runs between two blocks.
          presentIn({ round: '1' }, (second) => second > last - 60 && second < last - 30 && second % 10 > 1),
          presentIn({ round: '0' }, () => false),
        ),
      },
    });
    const { rounds } = await createLiveData(client, () => nowMs).since(last - 1);
    assert.deepEqual(rounds, [
      { round: 1, from: last - 57, to: last - 31 },
      { round: 2, from: last - 29, to: null },
    ]);
  });

  it('has alerts that lack labels and annotations', async () => {
    const alerts = [{ labels: {}, annotations: {}, state: 'pending', activeAt: '2026-01-01T00:00:00Z' }];
    const { client } = fakeClient({ alerts });
    const update = await createLiveData(client, () => nowMs).since(0);
    assert.deepEqual(update.alerts, [
      {
        name: '',
        state: 'pending',
        severity: '',
        candidate: '',
        since: '2026-01-01T00:00:00Z',
        summary: '',
        runbook: null,
      },
    ]);
  });

  it('leads from an alert to its runbook, and from anything else to nowhere', async () => {
    const urls = ['docs/runbooks/target-down.md', 'https://elsewhere.example/x.md', 'javascript:alert(1)'];
    const alerts = urls.map((url) => ({
      labels: {},
      annotations: { runbook_url: url },
      state: 'firing',
      activeAt: '2026-01-01T00:00:00Z',
    }));
    const { client } = fakeClient({ alerts });
    const update = await createLiveData(client, () => nowMs).since(0);
    assert.deepEqual(
      update.alerts.map(({ runbook }) => runbook),
      ['/runbooks/target-down.md', null, null],
    );
  });
});

it('says of a server that watches itself its name once', () => {
  const text = liveEvents.find(({ expr }) => expr === outages[0])?.text;
  assert.equal(
    text?.({ job: 'prometheus', instance: 'prometheus' }),
    'prometheus does not answer its scrape',
  );
  assert.equal(text?.({ job: 'redis', instance: 'redis-1' }), 'redis redis-1 does not answer its scrape');
});
