import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { http } from '../../app/node-http.ts';
import { findRunbooks } from './runbook-pages.ts';
import { isForLoopback } from '../stack/loopback-server.ts';
import { liveCharts } from '../../dashboards/live-queries.ts';
import { colourOf } from '../../dashboards/series-colours.ts';
import type { LiveData } from './live-data.ts';
import type { ChartFacts, LiveAnswer, LiveFacts, SlowTrace } from './page/live-facts.ts';

export type LivePageParts = {
  readonly data: LiveData;
  /** What runs, for the heading. */
  readonly facts: LiveFacts;
  /** Slowest first. */
  readonly slowTraces: () => readonly SlowTrace[];
};

type Asset = { readonly type: string; readonly body: () => string | Promise<string> };

const html = 'text/html; charset=utf-8';
const pageFolder = join(import.meta.dirname, 'page');
const slowTracesMax = 8;

/** The page may load from here and from nowhere else, and nobody may show it inside another one. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const scripts = [
  'live',
  'live-alerts',
  'live-chart',
  'live-facts',
  'live-format',
  'live-history',
  'live-legend',
  'live-lists',
  'live-marks',
] as const;

/** All files that are served, by their address: nothing else of the disk is. */
function loadAssets(): ReadonlyMap<string, Asset> {
  const charts = dirname(createRequire(import.meta.url).resolve('uplot'));
  const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
  const asIs = (folder: string, name: string): Asset['body'] => {
    const text = read(folder, name);
    return () => text;
  };
  const css = 'text/css; charset=utf-8';
  const script = 'text/javascript; charset=utf-8';
  return new Map([
    ['/', { type: html, body: asIs(pageFolder, 'live.html') }],
    ['/live.css', { type: css, body: asIs(pageFolder, 'live.css') }],
    ['/uplot.css', { type: css, body: asIs(charts, 'uPlot.min.css') }],
    ['/uplot.js', { type: script, body: asIs(charts, 'uPlot.esm.js') }],
    ...scripts.map(
      (name) => [`/${name}.ts`, { type: script, body: scriptOf(read(pageFolder, `${name}.ts`)) }] as const,
    ),
  ]);
}

/** Made when somebody looks at the page for the first time, and kept: what takes the types away is 4 MB to load. */
function scriptOf(source: string): Asset['body'] {
  let script: Promise<string> | null = null;
  return () => (script ??= toScript(source));
}

/** What a browser runs: the source without its types, as Node runs it, and the one library by its address here. */
async function toScript(source: string): Promise<string> {
  const { transformSync } = await import('amaro');
  return transformSync(source, { mode: 'strip-only' }).code.replace("from 'uplot'", "from '/uplot.js'");
}

/**
 * The page that shows a run as it happens. It asks this server only, and this server asks Prometheus. Meant for loopback: a
 * request that names another host comes from a page elsewhere that was made to resolve to this machine, and is refused.
 */
export function createLivePage({ data, facts, slowTraces }: LivePageParts): Server {
  const assets = loadAssets();
  const runbooks = findRunbooks();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isForLoopback(request)) return send(response, 421, 'text/plain', 'wrong host');
    if (request.method !== 'GET') return send(response, 405, 'text/plain', 'GET only');
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) return send(response, 404, 'text/plain', 'not here');
    const { pathname, searchParams } = url;
    const asset = assets.get(pathname);
    if (asset !== undefined) return send(response, 200, asset.type, await asset.body());
    const runbook = runbooks.get(pathname);
    if (runbook !== undefined) return send(response, 200, html, await runbook());
    const json = 'application/json; charset=utf-8';
    if (pathname === '/facts')
      return send(response, 200, json, JSON.stringify({ facts, charts: describeCharts() }));
    if (pathname !== '/data') return send(response, 404, 'text/plain', 'not here');
    const since = Number(searchParams.get('since') ?? 0);
    if (!Number.isSafeInteger(since) || since < 0)
      return send(response, 400, 'text/plain', 'since takes seconds');
    const update = await data.since(since).catch(() => null);
    const body: LiveAnswer = { update, slowTraces: slowTraces().slice(0, slowTracesMax) };
    return send(response, 200, json, JSON.stringify(body));
  };
  return http.createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) send(response, 500, 'text/plain', 'failed');
    });
  });
}

/** What the page needs to know of the charts; the queries stay here. */
function describeCharts(): ChartFacts[] {
  return liveCharts.map(({ id, title, unit, description, isStacked = false, series }) => ({
    id,
    title,
    unit,
    description,
    isStacked,
    labels: series.map(({ label }) => label),
    colours: series.map(({ label }) => colourOf(label)),
  }));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  const allow = status === 405 ? { allow: 'GET' } : {};
  response.writeHead(status, { 'content-type': type, ...allow, ...securityHeaders }).end(body);
}
