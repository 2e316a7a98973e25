import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it, test } from 'node:test';
import type { LiveAnswer, LiveLine } from '../../cli/live-page/page/live-facts.ts';
import { liveCharts } from '../../dashboards/live-queries.ts';
import { isBrowserMissing, openBrowser, smallWindow } from '../support/chromium.ts';
import type { Browser, PageOptions } from '../support/chromium.ts';
import { runCommandLines } from '../support/command-lines.ts';
import { openReads } from '../../cli/recordings/read-recording.ts';
import { killProcess } from '../support/kill-process.ts';
import { collect, createRecordingFolder } from '../support/made-recordings.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { hasUpAddresses, readUpAddresses } from '../support/up-addresses.ts';
import { waitUntil } from '../support/wait-until.ts';

const small = ['--people', '60', '--photos', '300', '--rate', '10'];
/** A busy machine takes its time; only what never comes is a failure. */
const patienceMs = 240_000;

/** How often a page is asked: what is tested shares the machine with the test. */
const pauseMs = 250;
/** The server of the page has another answer each second, for which it asks Prometheus as much as for all pages of somebody. */
const answerMs = 1_000;
/** So many seconds are enough to see whether something moves. */
const movingSeconds = 8;
/** A lost cache is no reason for these, however slow the machine is. */
const uncalledFor = [
  'RequestErrorBudgetBurn',
  'PostgresDown',
  'TargetDown',
  'SpansDropped',
  'TooManySamples',
  'QuantilesClamped',
  'WriteQueueStuck',
  'QueuedWritesFail',
  'ReplicationSlotLag',
  'OutboxStuck',
  'FurtherProcessDown',
];
const skip = isBrowserMissing;
const folder = createRecordingFolder();
after(folder.remove);

/** Whether there is a value in several seconds. What stays at zero is there, too: all may be well. */
const isMoving = ({ values }: LiveLine): boolean => values.filter((value) => value !== null).length >= 3;

/** The names of the alerts that fire. */
async function firing(prometheus: string): Promise<Set<string>> {
  const response = await fetch(`${prometheus}/api/v1/alerts`);
  const { data } = (await response.json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  return new Set(data.alerts.flatMap(({ state, labels }) => (state === 'firing' ? [labels.alertname] : [])));
}

/** One after the other, of one and the same run: the last ones take it apart. */
describe('up under load', { timeout: 800_000 }, () => {
  let run: CliRun;
  let browser: Browser | null = null;
  let page = '';
  let prometheus = '';
  before(async () => {
    const recorded = ['--record', folder.in('up.parquet')];
    run = runCli([
      'up',
      'versioned',
      '--load',
      'feed-browsing',
      '--telemetry',
      'trace100',
      ...recorded,
      ...small,
    ]);
    await run.said('Running; Ctrl-C stops it.');
    ({ page = '', prometheus = '' } = readUpAddresses(run.pid));
    if (skip === false) browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await run.end();
  });
  const openPage = (options?: PageOptions) =>
    browser?.openPage(page, options) ?? assert.fail('there is no browser');

  const look = async (): Promise<LiveAnswer> => {
    const since = Math.floor(Date.now() / 1_000) - movingSeconds;
    return (await (await fetch(`${page}/data?since=${since}`)).json()) as LiveAnswer;
  };

  it('all of it moves', async () => {
    const still = async (): Promise<string[]> => {
      const { update } = await look();
      return liveCharts.map(({ id }) => id).filter((id) => !(update?.charts[id] ?? []).some(isMoving));
    };
    await waitUntil(async () => (await still()).length === 0, patienceMs, answerMs);
  });

  it('its slowest trace is listed and shown', async () => {
    // The commands ask the `up` that was started last, which may be that of another test as long as it runs, and look at what all runs
    // of this checkout have kept.
    await waitUntil(async () => {
      const [slowest] = (await look()).slowTraces;
      const traceId = slowest?.traceId ?? '';
      const [listed, shown] = await runCommandLines([
        ['traces', '--json', '--limit', '1000'],
        ['trace', traceId.slice(0, 20)],
      ]);
      const isShown = shown?.status === 0 && shown.stdout.includes(`trace ${traceId}`);
      return traceId !== '' && listed?.stdout.includes(traceId) === true && isShown;
    }, patienceMs);
  });

  it('its page shows what Prometheus has, and asks nobody else', { skip }, async () => {
    const opened = await openPage();
    const { page: shown } = opened;
    try {
      await waitUntil(
        async () => (await shown.textContent('#state'))?.startsWith('live') === true,
        patienceMs,
        pauseMs,
      );
      const titles = await shown.locator('#charts h2').allTextContents();
      assert.deepEqual(
        titles,
        liveCharts.map(({ title }) => title),
      );
      const figures = () => shown.locator('#now tbody td').allTextContents();
      // A rate over some seconds grows until the load has lasted as long. On a busy machine something may fail for a moment, and for
      // one that stands still for some seconds there is no figure.
      await waitUntil(
        async () => {
          const all = await figures();
          const [candidate, requests = '', failed, , , hitRatio = ''] = all;
          const perSecond = Number.parseFloat(requests);
          const isWhole = candidate === 'versioned' && !all.includes('n/a') && /^\d+\.\d %$/.test(hitRatio);
          return isWhole && failed === '0.0 /s' && perSecond > 7 && perSecond < 20;
        },
        patienceMs,
        pauseMs,
      );
      const label = () => shown.locator('#plot-requests').getAttribute('aria-label');
      await waitUntil(
        async () => /How many requests are answered\? offered \d+/.test(String(await label())),
        patienceMs,
        pauseMs,
      );
      await waitUntil(async () => (await shown.locator('#traces a').count()) > 0, patienceMs, pauseMs);
      assert.equal(await shown.locator('#charts canvas').count(), liveCharts.length);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
    }
  });

  it('its page is not wider than a telephone', { skip }, async () => {
    const opened = await openPage({ width: 400 });
    try {
      await waitUntil(
        async () => (await opened.page.locator('#charts canvas').count()) > 0,
        patienceMs,
        pauseMs,
      );
      const width = await opened.page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(width <= 400, `${width} pixels`);
    } finally {
      await opened.close();
    }
  });

  describe('the server of its page', () => {
    const ask = async (path: string, method = 'GET', host?: string): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const asked = request(
        `${page}${path}`,
        { method, ...(host !== undefined && { headers: { host } }) },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      asked.on('error', reject).end();
      return promise;
    };

    it('serves its own files and nothing else of the disk', async () => {
      for (const path of ['/', '/live.ts', '/uplot.js', '/facts']) assert.equal(await ask(path), 200, path);
      for (const path of [
        '/../package.json',
        '/..%2fpackage.json',
        '/live-server.ts',
        '/page/live.html',
        '//etc/passwd',
      ])
        assert.equal(await ask(path), 404, path);
    });

    it('refuses other methods, other hosts, and times that are none', async () => {
      assert.equal(await ask('/', 'POST'), 405);
      assert.equal(await ask('/', 'GET', 'evil.example'), 421);
      for (const since of ['-1', 'x', '1e400']) assert.equal(await ask(`/data?since=${since}`), 400, since);
      assert.equal(await ask('/data?since=99999999999'), 200);
    });

    it('has Prometheus on loopback only', () => {
      assert.match(prometheus, /^http:\/\/127\.0\.0\.1:/);
    });
  });

  let alertsOnPage = '';
  it('a killed Redis raises its alert, which clears, and no other', async (t) => {
    const opened = skip === false ? await openPage(smallWindow) : null;
    t.after(() => opened?.close());
    const pageSays = async (isRight: (text: string) => boolean): Promise<void> => {
      const shown = opened?.page.locator('#alert-list');
      if (shown !== undefined)
        await waitUntil(async () => isRight((await shown.textContent()) ?? ''), patienceMs, pauseMs);
    };
    const redisPid = () => readUpAddresses(run.pid).candidates[0]?.redis?.pid;
    const seen = new Set<string>();
    const isTierDown = async (): Promise<boolean> => {
      const names = await firing(prometheus);
      for (const name of names) seen.add(name);
      return names.has('RedisTierDown');
    };
    const killed = redisPid();
    killProcess(killed);
    await waitUntil(isTierDown, patienceMs, pauseMs);
    await pageSays((text) => text.includes('firing: RedisTierDown'));
    await run.said('Redis is back');
    assert.notEqual(redisPid(), killed);
    await waitUntil(async () => !(await isTierDown()), patienceMs, pauseMs);
    await pageSays((text) => !text.includes('RedisTierDown'));
    alertsOnPage = (await opened?.page.textContent('#events')) ?? '';
    const { events = [] } = (await look()).update ?? {};
    assert.ok(events.some(({ text }) => text.startsWith('RedisTierDown')));
    assert.deepEqual(
      uncalledFor.filter((name) => seen.has(name)),
      [],
      [...seen].join(),
    );
  });

  it('its page has shown the alert while it fired, and tells of it afterwards', { skip }, () => {
    assert.match(alertsOnPage, /RedisTierDown/);
  });

  it('its page says so when Prometheus is gone', { skip }, async () => {
    const opened = await openPage(smallWindow);
    try {
      await waitUntil(
        async () => (await opened.page.textContent('#state'))?.startsWith('live') === true,
        patienceMs,
        pauseMs,
      );
      killProcess(childrenOf(run.pid).get('prometheus'));
      await run.said('prometheus ended by itself');
      await waitUntil(
        async () =>
          (await opened.page.textContent('#state'))?.includes('Prometheus does not answer') === true,
        patienceMs,
        pauseMs,
      );
      assert.equal(await opened.page.getAttribute('#state', 'data-kind'), 'bad');
    } finally {
      await opened.close();
    }
  });

  it('Ctrl-C leaves nothing of it but its recording', async () => {
    const children = [...childrenOf(run.pid).values()];
    assert.ok(children.length >= 6, `${children.length} processes`);
    run.kill('SIGINT');
    const { status, stderr } = await run.ended;
    assert.equal(status, 130, stderr);
    assert.deepEqual(children.filter(isRunning), []);
    assert.ok(!hasUpAddresses(run.pid));
    assert.match(stderr, /^Recorded [\d,]+ requests and /m);
    assert.ok((await collect((await openReads(folder.in('up.parquet'))).batches())).length > 0);
  });
});

test('up ends when PostgreSQL does, and stops the rest', async (t) => {
  const run = runCli(['up', 'no-cache', '--replicas', '1', ...small]);
  t.after(run.end);
  await run.said('Running; Ctrl-C stops it.');
  const children = childrenOf(run.pid);
  killProcess(children.get('postgres'));
  const { status, stderr } = await run.ended;
  assert.equal(status, 20, stderr);
  assert.match(stderr, /PostgreSQL ended by itself\.\n {2}More in .*postgres\.log/);
  assert.doesNotMatch(stderr, /prometheus ended by itself/);
  assert.deepEqual([...children.values()].filter(isRunning), []);
});

test('up says what is wrong with what it is asked for, before anything starts', async () => {
  const refused = [
    ['up cache-asid', /Did you mean/],
    ['up versioned versioned:ttl=1m', /are the same candidate/],
    ['up no-cache cache-aside versioned ttl-only lease', /too many/],
    ['up --load feed-browse', /feed-browsing/],
    ['up --telemetry all', /Allowed choices/],
    ['trace xyz', /hexadecimal/],
  ] as const;
  const ends = await runCommandLines(refused.map(([line]) => line.split(' ')));
  for (const [index, [line, complaint]] of refused.entries()) {
    const { status, stderr } = ends[index] ?? assert.fail('it was not run');
    assert.equal(status, 2, line);
    assert.match(stderr, complaint);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});
