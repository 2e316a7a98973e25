import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import * as fc from 'fast-check';
import { askRunningTraces } from './running-traces.ts';
import { createTraceSink } from './trace-sink.ts';
import { createTraceStore } from './trace-store.ts';

const store = createTraceStore(60_000);
const sink = createTraceSink(store);
let address = '';
before(async () => {
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  address = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
});
after(() => sink.close().closeAllConnections());

const post = (body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${address}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
const nanoseconds = (ms: number): string => `${BigInt(ms) * 1_000_000n}`;
const exported = (spans: readonly object[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'darkroom' } }] },
        scopeSpans: [{ scope: { name: 'test' }, spans }],
      },
    ],
  });
const span = (traceId: string, more: object = {}) => ({
  traceId,
  spanId: 'b'.repeat(16),
  name: 'GET /<script>',
  kind: 2,
  startTimeUnixNano: nanoseconds(1_700_000_000_000),
  endTimeUnixNano: nanoseconds(1_700_000_000_250),
  ...more,
});

describe('the store of traces over HTTP', () => {
  it('takes what the real exporter sends, and says what it was', async () => {
    const provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': 'darkroom',
        'service.instance.id': 'r1',
        'darkroom.candidate': 'lease',
      }),
      spanProcessors: [
        new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${address}/v1/traces` }) }),
      ],
    });
    const made = provider.getTracer('test').startSpan('read', { attributes: { keys: 3, isHot: true } });
    made.addEvent('waited', { ms: 1.5 });
    made.setStatus({ code: 2, message: 'late' });
    made.end();
    await provider.shutdown();
    const { root } = store.find(made.spanContext().traceId) ?? {};
    assert.deepEqual(
      [root?.name, root?.replica, root?.candidate, root?.scope, root?.isError, root?.errorMessage],
      ['read', 'r1', 'lease', 'test', true, 'late'],
    );
    assert.deepEqual({ ...root?.attributes }, { keys: 3, isHot: true });
    assert.equal(root?.events[0]?.name, 'waited');
  });

  it('takes JSON, plain and packed, and answers our own commands', async () => {
    const id = 'c'.repeat(32);
    assert.equal((await post(gzipSync(exported([span(id)])), { 'content-encoding': 'gzip' })).status, 200);
    const running = askRunningTraces(address, process.pid);
    const match = await running.startingWith('cccc');
    assert.deepEqual([match.count, match.traceIds], [1, [id]]);
    assert.deepEqual(match.spans, store.find(id)?.spans);
    assert.equal(match.spans[0]?.durationMs, 250);
    assert.equal((await running.startingWith('0'.repeat(32))).count, 0);
    const named = (name: string) => running.list({ order: 'newest', limit: 5, name });
    assert.deepEqual(
      (await named('<script>')).map(({ traceId }) => traceId),
      [id],
    );
    assert.deepEqual(await named('elsewhere'), []);
  });

  it('shows a trace as a page whose texts are only texts', async () => {
    const id = 'd'.repeat(32);
    await post(exported([span(id)]));
    const response = await fetch(`${address}/traces/${id}`);
    const page = await response.text();
    assert.match(page, /GET \/&lt;script&gt;/);
    assert.doesNotMatch(page, /<script/);
    assert.match(String(response.headers.get('content-security-policy')), /default-src 'none'/);
    assert.match(await (await fetch(`${address}/traces?order=newest`)).text(), new RegExp(id));
    assert.equal((await fetch(`${address}/traces/${'0'.repeat(32)}`)).status, 404);
  });

  it('says how many spans it could not keep, and keeps the others', async () => {
    const id = 'e'.repeat(32);
    const before = store.counts().rejected;
    const response = await post(exported([span(id), span('short'), 7 as unknown as object]));
    assert.match(await response.text(), /"rejectedSpans":"2"/);
    assert.equal(store.counts().rejected - before, 2);
    assert.ok(store.find(id) !== undefined);
  });

  it('passes over a span whose times are none, and its pages still open', async () => {
    const id = 'f'.repeat(32);
    const response = await post(
      exported([
        span('1'.repeat(32), { startTimeUnixNano: 1.5 }),
        span('2'.repeat(32), { startTimeUnixNano: 1e300 }),
        span('3'.repeat(32), { attributes: [{ key: 'n', value: { intValue: 'many' } }] }),
        span(id, {
          startTimeUnixNano: 1_700_000_000_000_000_000,
          attributes: [{ key: 'n', value: { intValue: '-7' } }],
        }),
      ]),
    );
    assert.match(await response.text(), /"rejectedSpans":"3"/);
    assert.deepEqual({ ...store.find(id)?.root.attributes }, { n: -7 });
    assert.equal((await fetch(`${address}/traces`)).status, 200);
  });

  it('refuses what is no export, too much, for elsewhere or not its own', async () => {
    assert.equal((await post('no json')).status, 400);
    assert.equal((await post('[]')).status, 400);
    assert.equal((await post('x', { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await post('x', { 'content-type': 'text/plain' })).status, 415);
    assert.equal(
      (await post(gzipSync(Buffer.alloc(20 * 2 ** 20)), { 'content-encoding': 'gzip' })).status,
      400,
    );
    assert.equal((await fetch(`${address}/v1/traces`)).status, 405);
    assert.equal((await fetch(`${address}/etc/passwd`)).status, 404);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    request(`${address}/traces`, { headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
    assert.equal(await promise, 421);
  });

  it('answers whatever bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isJson) => {
        const type = isJson ? 'application/json' : 'application/x-protobuf';
        const { status } = await post(Buffer.from(bytes), { 'content-type': type });
        assert.ok(status === 200 || status === 400, String(status));
      }),
      { numRuns: 200 },
    );
  });

  it('stays within its bound: the oldest traces go', async () => {
    for (let index = 0; index < 150; index += 1)
      await post(exported([span(index.toString(16).padStart(32, '0'))]));
    assert.ok(store.traces() <= 100);
    assert.equal(store.find('0'.repeat(32)), undefined);
    assert.ok(store.find((149).toString(16).padStart(32, '0')) !== undefined);
    assert.ok(store.counts().dropped >= 50);
  });
});
