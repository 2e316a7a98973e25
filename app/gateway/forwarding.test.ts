import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import fastify from 'fastify';
import type { App } from '../http/route-parts.ts';
import { forwardToService } from './forwarding.ts';

test('an upload of a client that waits to be told to go on reaches the service', async () => {
  const service = createServer((asked, answer) => void text(asked).then((body) => answer.end(`got ${body}`)));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  const app = fastify() as App;
  const { port } = service.address() as AddressInfo;
  await forwardToService(app, { replicas: () => [`http://127.0.0.1:${port}`], refused: () => {} });
  await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    const headers = { 'content-type': 'application/octet-stream', expect: '100-continue' };
    const { port: own } = app.server.address() as AddressInfo;
    const asked = request({ port: own, host: '127.0.0.1', method: 'POST', path: '/photos', headers });
    asked.on('continue', () => asked.end('a photo'));
    asked.flushHeaders();
    const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>();
    asked.on('response', resolve);
    assert.equal(await text(await answered), 'got a photo');
  } finally {
    await app.close();
    service.close();
  }
});
