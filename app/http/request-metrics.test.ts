import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { RequestEvent } from '../observability/metrics.ts';
import { registerRequestMetrics } from './request-metrics.ts';

let app: FastifyInstance;
let told: RequestEvent[];
let underWay: number;
/** A handler has begun, and waits until it may go on. */
let begun: PromiseWithResolvers<void>;
let mayEnd: PromiseWithResolvers<void>;
let closed: PromiseWithResolvers<void>;

beforeEach(async () => {
  [told, underWay] = [[], 0];
  [begun, mayEnd, closed] = [Promise.withResolvers(), Promise.withResolvers(), Promise.withResolvers()];
  app = Fastify();
  const observe = {
    request: (event: RequestEvent) => void told.push(event),
    requestStarted: () => void (underWay += 1),
    requestEnded: () => {
      underWay -= 1;
      closed.resolve();
    },
  };
  registerRequestMetrics(app, observe, () => 'a trace');
  for (const path of ['/slow/:id', '/health/slow'])
    app.get(path, async () => {
      begun.resolve();
      await mayEnd.promise;
      return 'late';
    });
  app.get('/photos/:id', async () => 'here');
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

/** Sends a request and hangs up while it is being handled. */
async function giveUp(path: string): Promise<void> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await begun.promise;
  socket.destroy();
  await once(socket, 'close');
}

const withoutTime = ({ method, route, status, traceId }: RequestEvent) => ({
  method,
  route,
  status,
  traceId,
});

describe('a request', () => {
  it('is told once it is answered, by its route', async () => {
    const { port } = app.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/photos/7`);
    assert.equal(await response.text(), 'here');
    await closed.promise;
    assert.deepEqual(told.map(withoutTime), [
      { method: 'GET', route: '/photos/:id', status: 200, traceId: 'a trace' },
    ]);
    assert.equal(underWay, 0);
  });

  it('whose client gave up is told with what it took until then, and not again when its answer is ready', async () => {
    const startedAtMs = performance.now();
    await giveUp('/slow/7');
    await closed.promise;
    const passedSeconds = (performance.now() - startedAtMs) / 1000;
    mayEnd.resolve();
    await app.close();
    assert.deepEqual(told.map(withoutTime), [
      { method: 'GET', route: '/slow/:id', status: 499, traceId: 'a trace' },
    ]);
    const seconds = told[0]?.durationSeconds ?? 0;
    assert.ok(seconds > 0 && seconds <= passedSeconds, `${seconds} of ${passedSeconds} s`);
    assert.equal(underWay, 0);
  });

  it('for the health of the process is not told, however it ends', async () => {
    await giveUp('/health/slow');
    mayEnd.resolve();
    await app.close();
    assert.deepEqual(told, []);
    assert.equal(underWay, 0);
  });
});
