import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { isBrowserMissing, openBrowser, smallWindow } from '../support/chromium.ts';
import type { OpenPage } from '../support/chromium.ts';
import { waitUntil } from '../support/wait-until.ts';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import { startPrometheus } from '../../cli/stack/prometheus-server.ts';
import type { PrometheusServer } from '../../cli/stack/prometheus-server.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { closeServer, listenPreferably } from '../../cli/stack/loopback-server.ts';
import { createLiveData } from '../../cli/live-page/live-data.ts';
import { createLivePage } from '../../cli/live-page/live-server.ts';
import type { LiveFacts, SlowTrace } from '../../cli/live-page/page/live-facts.ts';
import { createPrometheusClient } from '../../cli/live-page/prometheus-client.ts';

const environment = readEnvironment();
const context: StackContext = {
  environment,
  paths: resolvePaths(join(import.meta.dirname, '..', '..'), environment),
  report: () => {},
  signal: new AbortController().signal,
};
/** A busy machine takes its time; only what never comes is a failure. */
const patienceMs = 90_000;
/** The page shows something else once a second: to ask it more often takes its CPU, and that of the test. */
const pauseMs = 250;
/** What a careless page would run. */
const candidate = '<img src=x onerror=alert(1)>';
const folder = mkdtempSync(join(tmpdir(), 'darkroom-live-'));
const rules = join(folder, 'rules.json');
const wallNow = (): number => performance.timeOrigin + performance.now();

const startedAt = wallNow();
let isServiceUp = true;
/** A service of 50 requests, 40 reads (of which 30 hit) and 25 queries in each second. */
const service = createServer((_, response) => {
  const seconds = (wallNow() - startedAt) / 1000;
  if (!isServiceUp) return void response.writeHead(503).end();
  const histogram = (name: string, perSecond: number): string[] => [
    `# TYPE ${name} histogram`,
    ...['0.005', '+Inf'].map((le) => `${name}_bucket{le="${le}"} ${perSecond * seconds}`),
    `${name}_sum ${0.001 * perSecond * seconds}`,
    `${name}_count ${perSecond * seconds}`,
  ];
  const lines = [
    ...histogram('http_server_request_duration_seconds', 50),
    ...histogram('db_client_operation_duration_seconds', 25),
    '# TYPE cache_requests_total counter',
    `cache_requests_total{cache_tier="memory",cache_result="hit"} ${30 * seconds}`,
    `cache_requests_total{cache_tier="none",cache_result="miss"} ${10 * seconds}`,
  ];
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
});

const slowTraces: SlowTrace[] = [{ traceId: 'abc', title: 'GET /photos/:photoId', durationMs: 12.34 }];

/** The page of a run with this telemetry mode. */
function createPage(prometheus: string, telemetry: string): Server {
  const facts: LiveFacts = {
    candidates: [candidate],
    scenario: 'feed-browsing',
    ratePerSecond: 50,
    telemetry,
    figures: [],
    links: [{ name: 'Prometheus', address: prometheus }],
    traceBase: 'http://127.0.0.1:1/traces/',
  };
  const data = createLiveData(createPrometheusClient(prometheus), wallNow);
  return createLivePage({ data, facts, slowTraces: () => slowTraces });
}

const stateOf = async (page: Page): Promise<string> => (await page.textContent('#state')) ?? '';
const figuresOf = async (page: Page): Promise<string[]> => page.locator('#now tbody td').allTextContents();

describe('the live page, when things go and come', { skip: isBrowserMissing, timeout: 600_000 }, () => {
  let prometheus: PrometheusServer;
  let pageServer: Server;
  let address = '';
  let opened: OpenPage;
  const started = new AsyncDisposableStack();
  started.defer(() => rmSync(folder, { recursive: true, force: true }));
  const startOwnPrometheus = async (port: number): Promise<PrometheusServer> =>
    startPrometheus(context, {
      binaries: await providePrometheus(context),
      rules: [rules],
      targets: [
        {
          job: 'service',
          instance: 'r1',
          address: `127.0.0.1:${(service.address() as AddressInfo).port}`,
          candidate,
        },
      ],
      port,
    });
  const isSaid = async (text: string): Promise<void> =>
    waitUntil(async () => (await stateOf(opened.page)).startsWith(text), patienceMs, pauseMs);

  before(async () => {
    const down = {
      alert: 'ServiceDown',
      expr: 'up{job="darkroom-service"} == 0',
      labels: { severity: 'page' },
      annotations: { summary: '{{ $labels.candidate }} does not answer' },
    };
    writeFileSync(rules, JSON.stringify({ groups: [{ name: 'own', rules: [down] }] }));
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    started.defer(() => closeServer(service));
    prometheus = await startOwnPrometheus(0);
    started.defer(() => prometheus.stop());
    pageServer = createPage(prometheus.address, 'metrics');
    address = await listenPreferably(pageServer, 0);
    started.defer(() => closeServer(pageServer));
    const browser = await openBrowser();
    started.defer(() => browser.close());
    opened = await browser.openPage(address, smallWindow);
  });
  after(() => started.disposeAsync());

  it('shows the figures of Prometheus, n/a for what it does not have, and text as text', async () => {
    const { page } = opened;
    await isSaid('live');
    let figures: string[] = [];
    await waitUntil(
      async () => {
        figures = await figuresOf(page);
        return figures[1] === '50 /s';
      },
      patienceMs,
      pauseMs,
    );
    const [name, , failed, p50, , hitRatio, queries, stale] = figures;
    assert.deepEqual([name, failed, p50], [candidate, '0.0 /s', '2.50 ms']);
    assert.deepEqual([hitRatio, queries, stale], ['75.0 %', '0.50', 'n/a']);
    // Where Prometheus has not scraped for some seconds, for a moment there is none.
    const label = () => page.getAttribute('#plot-answers', 'aria-label');
    const isWhole = async () => /memory 75\.0 %, redis 0\.0 %.* load 25\.0 %/.test(String(await label()));
    await waitUntil(isWhole, patienceMs, pauseMs);
    assert.equal(await page.locator('img').count(), 0);
  });

  it('is read by keyboard: the crosshair of all charts, and links that keep the focus', async () => {
    const { page } = opened;
    await page.focus('#plot-requests');
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
    const shown = () => page.locator('#charts time').allTextContents();
    const times = new Set(await shown());
    assert.equal(times.size, 1);
    assert.match([...times].join(), /^\d\d:\d\d:\d\d$/);
    await page.keyboard.press('Escape');
    assert.deepEqual(new Set(await shown()), new Set(['']));
    await page.focus('#traces a');
    const clock = await page.textContent('#clock');
    await waitUntil(async () => (await page.textContent('#clock')) !== clock, patienceMs, pauseMs);
    const focused = await page.evaluate<string | null>('document.activeElement.textContent');
    assert.equal(focused, 'GET /photos/:photoId');
  });

  it('says that the service is down, with its alert, until it is up again', async () => {
    const { page } = opened;
    isServiceUp = false;
    await isSaid('darkroom-service r1 does not answer');
    const alerts = page.locator('#alert-list');
    const isFiring = async () => (await alerts.textContent())?.includes('firing: ServiceDown') === true;
    await waitUntil(isFiring, patienceMs, pauseMs);
    assert.equal(await page.getAttribute('#alerts', 'data-kind'), 'bad');
    await waitUntil(async () => (await figuresOf(page))[1] === 'n/a', patienceMs, pauseMs);
    isServiceUp = true;
    await isSaid('live');
    await waitUntil(async () => !(await isFiring()), patienceMs, pauseMs);
    await waitUntil(async () => (await figuresOf(page))[1] === '50 /s', patienceMs, pauseMs);
    // One scrape that a busy machine makes too late is an alert, for a moment.
    await waitUntil(
      async () => (await page.getAttribute('#alerts', 'data-kind')) === 'good',
      patienceMs,
      pauseMs,
    );
    assert.match(String(await page.textContent('#events')), /ServiceDown/);
  });

  it('says that Prometheus is gone, and goes on with another one in its place', async () => {
    const port = Number(new URL(prometheus.address).port);
    await prometheus.stop();
    await isSaid('Prometheus does not answer');
    prometheus = await startOwnPrometheus(port);
    assert.equal(Number(new URL(prometheus.address).port), port, 'the same port was free');
    await isSaid('live');
    await waitUntil(async () => (await figuresOf(opened.page))[1] === '50 /s', patienceMs, pauseMs);
    assert.deepEqual(opened.complaints, []);
  });

  it('says that the command is gone, and shows the next run at the same address', async () => {
    const { page } = opened;
    const port = Number(new URL(address).port);
    await closeServer(pageServer);
    await isSaid('The command does not answer any more');
    pageServer = createPage(prometheus.address, 'trace100');
    assert.equal(await listenPreferably(pageServer, port), address, 'the same port was free');
    await waitUntil(
      async () => (await page.textContent('#facts').catch(() => ''))?.includes('trace100') === true,
      patienceMs,
      pauseMs,
    );
    await isSaid('live');
  });
});
