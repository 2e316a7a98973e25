import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createPrometheusClient } from './prometheus-client.ts';
import type { PrometheusClient } from './prometheus-client.ts';

let answer: { readonly status: number; readonly body: string } = { status: 200, body: '' };
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
});
let client: PrometheusClient;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = createPrometheusClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
after(() => server.close().closeAllConnections());

const grid = { from: 100, to: 104 } as const;

function answerSeries(values: readonly (readonly [number, string])[]): void {
  const data = { resultType: 'matrix', result: [{ metric: { candidate: 'a' }, values }] };
  answer = { status: 200, body: JSON.stringify({ status: 'success', data }) };
}

describe('a range of Prometheus', () => {
  it('is asked for second by second', async () => {
    answerSeries([]);
    await client.range('rate(a{b="c d"}[5s])', grid);
    const { searchParams } = new URL(asked.at(-1) ?? '', 'http://localhost');
    assert.deepEqual(Object.fromEntries(searchParams), {
      query: 'rate(a{b="c d"}[5s])',
      start: '100',
      end: '104',
      step: '1',
    });
  });

  it('has a null for what is missing and for what is no number', async () => {
    answerSeries([
      [100, '1.5'],
      [101, 'NaN'],
      [102, '+Inf'],
      [104, '0'],
    ]);
    assert.deepEqual(await client.range('a', grid), [
      { labels: { candidate: 'a' }, values: [1.5, null, null, null, 0] },
    ]);
  });

  it('has only the seconds that were asked for', async () => {
    answerSeries([
      [99, '1'],
      [100, '2'],
      [105, '3'],
      [1e12, '4'],
    ]);
    const [series] = await client.range('a', grid);
    assert.deepEqual(Object.keys(series?.values ?? []), ['0', '1', '2', '3', '4']);
    assert.deepEqual(series?.values, [2, null, null, null, null]);
  });
});

describe('a Prometheus that is none', () => {
  const bodies: Readonly<Record<string, string>> = {
    'an error': JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
    'no JSON': '<html>',
    nothing: '',
    'JSON without data': JSON.stringify({ status: 'success' }),
    'data of another form': JSON.stringify({ status: 'success', data: { result: [{}], alerts: [null] } }),
    null: 'null',
  };
  for (const [name, body] of Object.entries(bodies))
    it(`is unavailable when it answers ${name}`, async () => {
      answer = { status: 200, body };
      await assert.rejects(client.range('a', grid), { reason: 'serviceFailed' });
      await assert.rejects(client.alerts(), { reason: 'serviceFailed' });
    });

  it('is unavailable when nobody listens', async () => {
    const gone = createPrometheusClient('http://127.0.0.1:1');
    await assert.rejects(gone.alerts(), { reason: 'serviceFailed' });
  });
});
