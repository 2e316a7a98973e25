import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readEnvironment } from '../environment.ts';
import { isRunning } from '../../tests/support/run-cli.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { startExporters } from './exporters.ts';
import { findFreePort } from './free-port.ts';
import { providePrometheus } from './prometheus-binary.ts';
import type { PrometheusBinaries } from './prometheus-binary.ts';
import { formatPrometheusConfig } from './prometheus-config.ts';
import { startPrometheus } from './prometheus-server.ts';
import { resolvePaths } from './stack-paths.ts';
import type { StackContext } from './stack-context.ts';

const environment = readEnvironment();
const context: StackContext = {
  environment,
  paths: resolvePaths(join(import.meta.dirname, '..', '..'), environment),
  report: () => {},
  signal: new AbortController().signal,
};
const folder = mkdtempSync(join(tmpdir(), 'darkroom-prometheus-'));
let binaries: PrometheusBinaries;
before(async () => {
  binaries = await providePrometheus(context);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Waits for what a scrape brings, which is not there before a second is over. */
const untilScraped = (condition: () => Promise<boolean>) => waitUntil(condition, undefined, 200);

/** The values of an instant query, by the instance that they are of. */
async function ask(address: string, query: string): Promise<Map<string, string>> {
  const response = await fetch(`${address}/api/v1/query?${String(new URLSearchParams({ query }))}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric, value }) => [metric['instance'] ?? '', value[1]]));
}

test('watches what it is told to, with exemplars, and leaves nothing behind', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const exposition = [
    '# TYPE asked counter',
    `asked_total 5 # {trace_id="${traceId}"} 1 ${Math.floor(Date.now() / 1000)}`,
    '# TYPE pg_stat_database_numbackends gauge',
    'pg_stat_database_numbackends{datname="world_1"} 3',
    'pg_stat_database_numbackends{datname="postgres"} 2',
    '# EOF',
    '',
  ].join('\n');
  const target = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' });
    response.end(exposition);
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const address = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  const targets = [{ job: 'service', instance: 'r1', address, candidate: 'versioned' }] as const;
  const databases = [{ database: 'world_1', candidate: 'ttl=1s$1' }];
  const prometheus = await startPrometheus(context, { binaries, rules: [], targets, databases, port: 0 });
  const { pid } = prometheus.process;
  try {
    await untilScraped(async () => {
      const found = await ask(
        prometheus.address,
        'asked_total{job="darkroom-service",candidate="versioned"}',
      );
      return found.get('r1') === '5';
    });
    const owned = 'pg_stat_database_numbackends{candidate="ttl=1s$1"}';
    assert.deepEqual([...(await ask(prometheus.address, owned)).values()], ['3']);
    const end = Math.ceil(Date.now() / 1000) + 10;
    const query = new URLSearchParams({ query: 'asked_total', start: String(end - 600), end: String(end) });
    const exemplars = await fetch(`${prometheus.address}/api/v1/query_exemplars?${String(query)}`);
    assert.match(await exemplars.text(), new RegExp(traceId));
    prometheus.watch([]);
    await untilScraped(async () => !(await ask(prometheus.address, 'up')).has('r1'));
  } finally {
    await prometheus.stop();
    target.close().closeAllConnections();
  }
  assert.ok(!isRunning(pid));
});

test('a Prometheus of somebody else at the wanted port is not taken for our own', async () => {
  const foreign = createServer((request, response) => {
    if (request.url === '/api/v1/status/flags')
      response.end('{"status":"success","data":{"storage.tsdb.path":"data/"}}');
    else response.end('Prometheus Server is Ready.');
  }).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  const { port } = foreign.address() as AddressInfo;
  const prometheus = await startPrometheus(context, { binaries, rules: [], targets: [], port });
  try {
    assert.notEqual(Number(new URL(prometheus.address).port), port);
    assert.ok(prometheus.process.isAlive());
    await untilScraped(async () => (await ask(prometheus.address, 'up')).get('prometheus') === '1');
  } finally {
    await prometheus.stop();
    foreign.close().closeAllConnections();
  }
});

test('is configured in a way that its own tool finds right', () => {
  const rules = join(folder, 'rules.yml');
  writeFileSync(rules, '{"groups":[{"name":"a","rules":[{"record":"a:b","expr":"up"}]}]}');
  const file = join(folder, 'prometheus.yml');
  const text = formatPrometheusConfig({
    rules: [rules],
    targets: join(folder, 'targets.json'),
    ownAddress: '127.0.0.1:9090',
    databases: [{ database: 'world_1', candidate: 'ttl=1s$1' }],
  });
  writeFileSync(file, text);
  writeFileSync(join(folder, 'targets.json'), '[]');
  assert.match(execFileSync(binaries.promtool, ['check', 'config', file], { encoding: 'utf8' }), /SUCCESS/);
});

test('hears of a PostgreSQL that is gone: its exporter takes a second to say so', async () => {
  const { postgresExporter } = binaries;
  assert.ok(postgresExporter !== null);
  const nobody = { url: `postgres://nobody@127.0.0.1:${await findFreePort()}/none`, instance: 'postgres' };
  const exporters = await startExporters(context, binaries, {
    postgres: [nobody],
    redis: [],
    postgresQuestions: null,
  });
  const prometheus = await startPrometheus(context, {
    binaries,
    rules: [],
    targets: exporters.targets,
    port: 0,
  });
  try {
    await untilScraped(async () => (await ask(prometheus.address, 'pg_up')).get('postgres') === '0');
    assert.equal((await ask(prometheus.address, 'up')).get('postgres'), '1');
  } finally {
    await prometheus.stop();
    await exporters.stop();
  }
});
