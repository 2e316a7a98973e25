import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { liveCharts } from '../../dashboards/live-queries.ts';
import { isBrowserMissing, openPage } from '../support/chromium.ts';
import { killProcess } from '../support/kill-process.ts';
import { childrenOf, runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { readUpAddresses } from '../support/up-addresses.ts';
import { waitUntil } from '../support/wait-until.ts';

const patienceMs = 60_000;
const small = ['--people', '60', '--photos', '300', '--rate', '40'];
let run: CliRun;
let page = '';
let prometheus = '';

before(
  async () => {
    run = runCli(['up', 'versioned', '--load', 'feed-browsing', '--telemetry', 'trace100', ...small]);
    await run.said('Running; Ctrl-C stops it.');
    const addresses = readUpAddresses(run.pid);
    page = addresses.page ?? '';
    prometheus = addresses.prometheus ?? '';
  },
  { timeout: 120_000 },
);
after(() => run.end());

describe('the live page in a browser', { skip: isBrowserMissing, timeout: 200_000 }, () => {
  it('shows what Prometheus has, and asks nobody else', async () => {
    const opened = await openPage(page);
    const { page: shown } = opened;
    try {
      await waitUntil(
        async () => (await shown.textContent('#state'))?.startsWith('live') === true,
        patienceMs,
      );
      const titles = await shown.locator('#charts h2').allTextContents();
      assert.deepEqual(
        titles,
        liveCharts.map(({ title }) => title),
      );
      const figures = () => shown.locator('#now tbody td').allTextContents();
      await waitUntil(async () => (await figures()).slice(1).every((text) => text !== 'n/a'), patienceMs);
      // A rate over some seconds grows until the load has lasted as long.
      await waitUntil(async () => {
        const requests = Number.parseFloat((await figures())[1] ?? '');
        return requests > 30 && requests < 70;
      }, patienceMs);
      const [candidate = '', , failed, , , hitRatio = ''] = await figures();
      assert.equal(candidate, 'versioned');
      assert.equal(failed, '0.0 /s');
      assert.match(hitRatio, /^\d+\.\d %$/);
      const label = await shown.locator('#plot-requests').getAttribute('aria-label');
      assert.match(String(label), /How many requests are answered\? offered \d+/);
      await waitUntil(async () => (await shown.locator('#traces a').count()) > 0, patienceMs);
      assert.equal(await shown.locator('#charts canvas').count(), liveCharts.length);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
    }
  });

  it('is not wider than a telephone', async () => {
    const opened = await openPage(page, { width: 400 });
    try {
      await waitUntil(async () => (await opened.page.locator('#charts canvas').count()) > 0, patienceMs);
      const width = await opened.page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(width <= 400, `${width} pixels`);
    } finally {
      await opened.close();
    }
  });

  it('shows an alert while it fires', async () => {
    const opened = await openPage(page);
    try {
      const redis = childrenOf(run.pid);
      killProcess([...redis].find(([name]) => name.startsWith('redis-'))?.[1]);
      const alerts = opened.page.locator('#alert-list');
      await waitUntil(
        async () => (await alerts.textContent())?.includes('firing: RedisTierDown') === true,
        patienceMs,
      );
      await waitUntil(
        async () => (await alerts.textContent())?.includes('RedisTierDown') === false,
        patienceMs,
      );
      assert.match(String(await opened.page.textContent('#events')), /RedisTierDown/);
    } finally {
      await opened.close();
    }
  });

  it('says so when Prometheus is gone', async () => {
    const opened = await openPage(page);
    try {
      await waitUntil(
        async () => (await opened.page.textContent('#state'))?.startsWith('live') === true,
        patienceMs,
      );
      killProcess(childrenOf(run.pid).get('prometheus'));
      await run.said('prometheus ended by itself');
      await waitUntil(
        async () =>
          (await opened.page.textContent('#state'))?.includes('Prometheus does not answer') === true,
        patienceMs,
      );
      assert.equal(await opened.page.getAttribute('#state', 'data-kind'), 'bad');
    } finally {
      await opened.close();
    }
  });
});

describe('the server of the live page', () => {
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
