import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import type { KeptSpan } from '../traces/span.ts';
import { traceOf } from '../traces/span.ts';
import { keepTraces } from '../traces/trace-files.ts';
import { createTraceSink } from '../traces/trace-sink.ts';
import { createTraceStore } from '../traces/trace-store.ts';
import { closeServer } from '../stack/loopback-server.ts';
import { ownPlace, publishAddresses, withdrawAddresses } from '../watch/addresses.ts';
import type { Terminal } from './terminal.ts';
import { trace, traces } from './trace.ts';

const stack = createTestStack();
const { paths } = stack.context;
after(stack.remove);

let printed = '';
let reported = '';
const terminal: Terminal = {
  ...{ version: '0', checkout: paths.checkout, columns: 120, clock: { now: () => 0 } },
  signal: new AbortController().signal,
  print: (text) => (printed += text),
  progress: (text) => (reported += text),
  report: (message) => (reported += `${message}\n`),
  ask: async () => null,
  printed: () => Promise.resolve(null),
  exitWith() {},
  logUnforeseen: () => '',
  close() {},
};
beforeEach(() => {
  printed = '';
  reported = '';
});

const idOf = (index: number): string => `${index.toString(16).padStart(8, '0')}${'0'.repeat(24)}`;
const requestOf = (index: number, given: Partial<KeptSpan> = {}): KeptSpan =>
  keptSpan({ traceId: idOf(index), spanId: `GET /${index}`, kind: 'server', startMs: index, ...given });

const running: Server[] = [];
after(() => {
  for (const server of running) if (server.listening) server.close().closeAllConnections();
});

/** A running `darkroom up` that has these traces; or one that somebody else answers for. */
async function run(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  publishAddresses(paths, {
    ...ownPlace(paths),
    startedAtMs: 0,
    candidates: [],
    traces: `http://127.0.0.1:${port}`,
  });
  running.push(server);
}

function keepRun(name: string, spans: readonly KeptSpan[]): void {
  const folder = join(paths.state, 'runs', name);
  mkdirSync(folder, { recursive: true });
  keepTraces(
    folder,
    spans.flatMap((span) => {
      const found = traceOf([span]);
      return found === undefined ? [] : [{ heading: span.candidate, trace: found }];
    }),
  );
}

afterEach(() => withdrawAddresses(paths));
keepRun('2026-01-01T00-00-00-1', [requestOf(1, { durationMs: 30, candidate: 'no-cache' })]);

describe('the traces of a running darkroom up', () => {
  const store = createTraceStore(64 * 2 ** 20);
  // More than an answer of many would hold, the slowest of them the oldest.
  store.add(
    Array.from({ length: 6_000 }, (_, index) =>
      requestOf(10 + index, { durationMs: index === 0 ? 900 : 1 + (index % 7) }),
    ),
    0,
  );
  beforeEach(() => run(createTraceSink(store)));

  it('are found by the beginning of their id, however many there are', async () => {
    await trace(terminal, idOf(10).slice(0, 12).toUpperCase(), {});
    assert.match(printed, new RegExp(`^trace ${idOf(10)}`));
    await assert.rejects(trace(terminal, '0000', {}), /6001 traces begin with 0000/);
    await assert.rejects(trace(terminal, 'ffff', {}), /There is no trace ffff/);
  });

  it('are listed with those that are kept, by the same order and filters', async () => {
    await traces(terminal, { limit: 3 });
    assert.deepEqual(
      printed.split('\n').map((line) => line.slice(0, 8)),
      [idOf(10), idOf(1), idOf(16), ''].map((id) => id.slice(0, 8)),
    );
    printed = '';
    await traces(terminal, { limit: 2, newest: true, json: true });
    const newest = JSON.parse(printed) as { startMs: number; spans: number }[];
    assert.deepEqual(
      newest.map(({ startMs, spans }) => [startMs, spans]),
      [
        [6_009, 1],
        [6_008, 1],
      ],
    );
    printed = '';
    await traces(terminal, { limit: 1_000, name: '/1', candidate: 'no-cache' });
    assert.equal(printed.trim().split('\n').length, 1);
    printed = '';
    await traces(terminal, { limit: 1_000 });
    assert.equal(printed.trim().split('\n').length, 1_000);
  });

  it('are of a candidate however that is spelled', async () => {
    const candidate = formatCandidate(parseCandidate('cache-aside:tiers=redis,ttl=5s'));
    keepRun('2026-01-08T00-00-00-1', [requestOf(0xccc, { candidate, name: 'GET /spelled' })]);
    printed = '';
    await traces(terminal, { limit: 5, candidate: 'cache-aside:ttl=5s,tiers=redis' });
    assert.match(printed, /GET \/spelled/);
    await assert.rejects(traces(terminal, { limit: 5, candidate: 'cache-asid' }), { reason: 'usage' });
  });

  it('come before one of the same id that a run has kept', async () => {
    keepRun('2026-01-09T00-00-00-1', [requestOf(0xddd, { name: 'GET /kept' })]);
    store.add([requestOf(0xddd, { name: 'GET /running' })], 0);
    await trace(terminal, idOf(0xddd), {});
    assert.match(printed, /GET \/running/);
  });

  it('show no letter that a terminal would obey', async () => {
    const id = 'e'.repeat(32);
    const obeyed = '\u001B[2Jgone\u0007';
    store.add([requestOf(1, { traceId: id, name: obeyed, candidate: obeyed, durationMs: 5_000 })], 0);
    await trace(terminal, id, {});
    await traces(terminal, { limit: 1 });
    assert.match(printed, /gone/);
    assert.ok(!printed.includes('\u001B') && !printed.includes('\u0007'), JSON.stringify(printed));
  });
});

it('of runs whose requests had the same ids, the trace of the latest run is shown', async () => {
  for (const [day, name] of [
    ['02', 'GET /old'],
    ['03', 'GET /late'],
  ])
    keepRun(`2026-01-${day}T00-00-00-1`, [requestOf(0xabc, { name: String(name) })]);
  await trace(terminal, idOf(0xabc), {});
  assert.match(printed, /GET \/late/);
});

describe('a darkroom up that does not answer', () => {
  const silent = async (): Promise<void> => {
    const server = createServer();
    await run(server);
    await closeServer(server);
  };
  const elsewhere = (): Promise<void> =>
    run(createServer((_, response) => response.end('<h1>Something else</h1>')));
  const failing = (): Promise<void> => run(createServer((_, response) => response.writeHead(500).end('[]')));

  for (const [how, start] of Object.entries({ silent, elsewhere, failing })) {
    it(`is named in place of a claim that there is no trace: ${how}`, async () => {
      await start();
      await assert.rejects(trace(terminal, 'ffff', {}), ({ message, reason }: Error & { reason: string }) => {
        assert.match(message, /process \d+ does not answer/);
        assert.equal(reason, 'serviceFailed');
        return true;
      });
      await trace(terminal, idOf(1), {});
      assert.match(printed, new RegExp(`^trace ${idOf(1)}`), 'what is kept needs nobody');
      printed = '';
      await traces(terminal, { limit: 5 });
      assert.equal(printed.split('\n')[0]?.slice(0, 8), idOf(1).slice(0, 8));
      assert.match(reported, /process \d+ does not answer/);
    });
  }
});
