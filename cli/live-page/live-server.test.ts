import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeServer, listenPreferably } from '../stack/loopback-server.ts';
import type { LiveData } from './live-data.ts';
import { createLivePage } from './live-server.ts';
import type { LiveAnswer, LiveUpdate, SlowTrace } from './page/live-facts.ts';

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

const update: LiveUpdate = { from: 1, to: 1, charts: {}, events: [], rounds: [], figures: [], alerts: [] };
const trace: SlowTrace = { traceId: 'a', title: 'GET /', durationMs: 1 };
let isAnswering = true;
const asked: number[] = [];
const data: LiveData = {
  async since(seconds) {
    asked.push(seconds);
    if (!isAnswering) throw new RangeError('gone');
    return update;
  },
};
const facts = {
  candidates: ['versioned'],
  scenario: null,
  ratePerSecond: 0,
  telemetry: 'off',
  figures: [],
  links: [],
  traceBase: null,
} as const;
const slowTraces = () => Array.from({ length: 100 }, () => trace);
let server: Server;
let address = '';
before(async () => {
  server = createLivePage({ data, facts, slowTraces });
  address = await listenPreferably(server, 0);
});
after(async () => closeServer(server));

/** As it stands: fetch would tidy the path up. */
async function ask(path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  const { method = 'GET', host = new URL(address).host } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { port } = new URL(address);
  request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => (body += text));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('the server of the live page', () => {
  it('serves every script of the page as the browser runs it', async () => {
    const sources = readdirSync(join(import.meta.dirname, 'page')).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    for (const name of sources) {
      const { status, headers, body } = await ask(`/${name}`);
      assert.equal(status, 200, name);
      assert.match(String(headers['content-type']), /^text\/javascript/);
      assert.doesNotMatch(body, /from 'uplot'/);
    }
  });

  it('serves a page for each runbook, and nothing beside them', async () => {
    const folder = join(import.meta.dirname, '..', '..', 'docs', 'runbooks');
    const names = readdirSync(folder);
    assert.ok(names.length > 20);
    for (const name of names) {
      const { status, headers, body } = await ask(`/runbooks/${name}`);
      assert.equal(status, 200, name);
      assert.match(String(headers['content-type']), /^text\/html/);
      assert.match(body, /<h1>\w+<\/h1>/, name);
    }
    for (const path of [
      '/runbooks/',
      '/runbooks/none.md',
      '/runbooks/../benchmarks.md',
      '/runbooks/%2e%2e/ARCHITECTURE.md',
    ])
      assert.equal((await ask(path)).status, 404, path);
  });

  it('loads from itself alone', async () => {
    const { headers, body } = await ask('/');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.doesNotMatch(body, /(?:src|href)="(?:https?:)?\/\//);
  });

  it('answers whatever is asked of it, and serves nothing else of the disk', async () => {
    const paths = [
      '//',
      '/../live-server.ts',
      '/..%2f..%2fpackage.json',
      '/%00',
      '/page/live.html',
      '/live-history.test.ts',
      'http://[',
      `/${'a'.repeat(8_000)}`,
    ];
    for (const path of paths) assert.equal((await ask(path)).status, 404, path);
  });

  it('only answers those who mean this machine, and only to GET', async () => {
    const { port } = new URL(address);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil'])
      assert.equal((await ask('/data', { host })).status, 421, host);
    assert.equal((await ask('/', { host: `localhost:${port}` })).status, 200);
    const { status, headers } = await ask('/data', { method: 'DELETE' });
    assert.deepEqual([status, headers.allow], [405, 'GET']);
  });

  it('asks for what is new since a whole second, and for nothing else', async () => {
    asked.length = 0;
    assert.equal((await ask('/data?since=17')).status, 200);
    assert.equal((await ask('/data')).status, 200);
    for (const since of ['-1', '1.5', 'x', 'NaN', 'Infinity', '1e400', '9007199254740993'])
      assert.equal((await ask(`/data?since=${since}`)).status, 400, since);
    assert.deepEqual(asked, [17, 0]);
  });

  it('has a few slow traces, with figures or without', async () => {
    const answer = async () => JSON.parse((await ask('/data')).body) as LiveAnswer;
    const first = await answer();
    assert.deepEqual(first.update, update);
    assert.equal(first.slowTraces.length, 8);
    isAnswering = false;
    assert.equal((await answer()).update, null);
    isAnswering = true;
    assert.deepEqual((await answer()).update, update);
  });
});
