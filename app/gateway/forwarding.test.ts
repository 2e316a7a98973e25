import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createHttpServer } from '../http/http-server.ts';
import { registerProblemDetails } from '../http/problem-details.ts';
import { forwardToService } from './forwarding.ts';
import type { RefusalCode } from './gateway-events.ts';

type Forwarded = { readonly port: number; readonly refusals: RefusalCode[]; readonly given: string[] };

/** A gateway in front of one replica, which answers as it is told. */
async function forwardTo(context: TestContext, answer: RequestListener): Promise<Forwarded> {
  const service = createServer(answer);
  await once(service.listen(0, '127.0.0.1'), 'listening');
  const { port } = service.address() as AddressInfo;
  const app = createHttpServer(pino({ level: 'silent' }), 1_000, 'gateway-1');
  registerProblemDetails(app);
  const [refusals, given]: [RefusalCode[], string[]] = [[], []];
  app.addHook('onError', async (asked) => void given.push(asked.url));
  await forwardToService(app, {
    replicas: () => [`http://127.0.0.1:${port}`],
    refused: (code) => void refusals.push(code),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  context.after(async () => {
    await app.close();
    service.closeAllConnections();
    service.close();
  });
  return { port: (app.server.address() as AddressInfo).port, refusals, given };
}

const head = (target: string, ...lines: readonly string[]): string =>
  [`${target} HTTP/1.1`, 'Host: darkroom.example', ...lines, '', ''].join('\r\n');

const unfinishedUpload =
  head('POST /photos', 'Content-Type: application/octet-stream', 'Content-Length: 1000000') +
  'x'.repeat(1_000);

/** What comes back, as it is. */
async function send(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  return text(socket);
}

test('an upload of a client that waits to be told to go on reaches the service', async (context) => {
  const { port } = await forwardTo(
    context,
    (asked, answer) => void text(asked).then((body) => answer.end(`got ${body}`)),
  );
  const headers = { 'content-type': 'application/octet-stream', expect: '100-continue' };
  const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/photos', headers });
  asked.on('continue', () => asked.end('a photo'));
  asked.flushHeaders();
  const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>();
  asked.on('response', resolve);
  assert.equal(await text(await answered), 'got a photo');
});

test('an upload that its client gives up is no failure of the service', async (context) => {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const { port, refusals, given } = await forwardTo(context, (asked) => {
    asked.on('error', () => {});
    asked.once('data', resolve);
  });
  const socket = connect(port, '127.0.0.1');
  socket.write(unfinishedUpload);
  await begun;
  socket.destroy();
  await waitUntil(() => given.length > 0);
  assert.deepEqual(refusals, []);
});

test('a service that goes away in the middle of an upload has failed, and who sent it is told', async (context) => {
  const { port, refusals } = await forwardTo(context, (asked) => {
    asked.on('error', () => {});
    asked.once('data', () => asked.socket.destroy());
  });
  const socket = connect(port, '127.0.0.1');
  socket.write(unfinishedUpload);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(answer.toString(), /^HTTP\/1\.1 503 [^]*"code":"SERVICE_UNREACHABLE"/);
  assert.deepEqual(refusals, ['SERVICE_UNREACHABLE']);
});

test('what is said of one connection stays there, in both directions', async (context) => {
  let heard: IncomingMessage['headers'] = {};
  const { port } = await forwardTo(context, (asked, answer) => {
    heard = asked.headers;
    answer
      .writeHead(200, { 'x-hop': '1', 'x-end': '2', connection: 'X-Hop', 'keep-alive': 'timeout=1' })
      .end();
  });
  const answer = await send(
    port,
    head('GET /photos/1', 'Connection: close, X-Mine', 'X-Mine: 1', 'X-Other: 2', 'TE: trailers'),
  );
  assert.deepEqual([heard['x-mine'], heard.te, heard['x-other']], [undefined, undefined, '2']);
  assert.match(answer, /^x-end: 2\r$/im);
  assert.doesNotMatch(answer, /^(x-hop|keep-alive):/im);
});

test('a request that names the whole address is forwarded as its path', async (context) => {
  const { port } = await forwardTo(context, (asked, answer) =>
    answer.end(`${asked.url} of ${asked.headers.host === 'elsewhere.example' ? 'elsewhere' : 'here'}`),
  );
  const answers = await Promise.all(
    [
      'http://darkroom.example/photos/1?size=2',
      'http://elsewhere.example/photos/1',
      'http://darkroom.example',
    ].map((target) => send(port, head(`GET ${target}`, 'Connection: close'))),
  );
  assert.match(answers[0] ?? '', /\/photos\/1\?size=2 of here$/);
  assert.match(answers[1] ?? '', /\/photos\/1 of here$/);
  assert.match(answers[2] ?? '', /\/ of here$/);
});
