import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fastify from 'fastify';
import type { App } from './route-parts.ts';
import { registerBodyParsers } from './body-parsers.ts';
import { createClientErrorHandler } from './client-errors.ts';
import { registerProblemDetails } from './problem-details.ts';
import { refuseStalledBodies, serverTimeouts } from './request-limits.ts';
import { withPhotoForms, readPhotoForm } from '../photos/photo-form.ts';

/** As those of the service, and 25 times faster. */
const limits = { headMs: 400, stallMs: 400, wholeMs: 1_600, checkEveryMs: 50 };
const dripMs = 100;
/** Whoever lets more than this pass between two pieces has not sent steadily. */
const steadyMs = 300;
const attemptsMax = 20;
let app: App;
let handled: string[] = [];

before(async () => {
  app = fastify({
    ...serverTimeouts(limits),
    clientErrorHandler: createClientErrorHandler(limits, { 'Darkroom-Replica': 'r1' }),
    // A slow answer is no stall of the request.
    keepAliveTimeout: 60_000,
  }) as App;
  registerProblemDetails(app);
  refuseStalledBodies(app, limits);
  registerBodyParsers(app);
  app.post('/json', async ({ body }) => {
    handled.push('json');
    await pause(limits.stallMs * 2);
    return { got: body };
  });
  app.post('/refused', { onRequest: async (_, reply) => reply.code(403).send('no') }, () => 'never');
  withPhotoForms(app, (scope) =>
    scope.post('/form', async (request) => ({ bytes: (await readPhotoForm(request)).bytes.length })),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
});
after(() => app.close());

/** Sends these pieces with a pause behind each, then nothing more; ends with all that came back until the connection closes. */
async function send(pieces: readonly string[], pauseMs = dripMs): Promise<string> {
  return (await sendTimed(pieces, pauseMs)).answer;
}

/** Sends them again where the machine was so busy that the pauses became longer. */
async function sendSteadily(pieces: readonly string[]): Promise<string> {
  for (let times = 1; ; times += 1) {
    const { answer, longestPauseMs } = await sendTimed(pieces, dripMs);
    if (longestPauseMs < steadyMs || times === attemptsMax) return answer;
  }
}

async function sendTimed(pieces: readonly string[], pauseMs: number) {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const longestPauseMs = await sendPieces(socket, pieces, pauseMs);
  await closed;
  return { answer, longestPauseMs };
}

async function sendPieces(socket: Socket, pieces: readonly string[], pauseMs: number): Promise<number> {
  let longestMs = 0;
  for (const piece of pieces) {
    if (socket.destroyed) break;
    const wroteAtMs = performance.now();
    socket.write(piece);
    await pause(pauseMs);
    longestMs = Math.max(longestMs, performance.now() - wroteAtMs);
  }
  return longestMs;
}

const keptHead = (path: string, length: number, type = 'application/json') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

const head = (...parts: Parameters<typeof keptHead>) =>
  keptHead(...parts).replace('Host: x', 'Host: x\r\nConnection: close');

function assertTimeout(answer: string, detail: RegExp): void {
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.match(answer, /content-type: application\/problem\+json/i);
  assert.match(answer, /connection: close/i);
  const problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
  assert.equal(problem['code'], 'REQUEST_TIMEOUT');
  assert.match(String(problem['detail']), detail);
}

const letters = (text: string): string[] => text.split('');
const boundary = 'b';
const formType = `multipart/form-data; boundary=${boundary}`;
const formHead = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n`;
const formEnd = `\r\n--${boundary}--\r\n`;

describe('a request that is slow but steady', () => {
  it('is taken although it takes longer than a stall may', async () => {
    const body = '{"a":1}';
    const answer = await sendSteadily([head('/json', body.length), ...letters(body)]);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /\{"got":\{"a":1\}\}$/);
  });

  it('is taken as an upload too', async () => {
    const pieces = [formHead, ...letters('1234'), formEnd];
    const answer = await sendSteadily([head('/form', pieces.join('').length, formType), ...pieces]);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /\{"bytes":4\}$/);
  });

  it('is one of several on a connection that is idle for longer in between', async () => {
    const body = '{"a":1}';
    const pieces = [keptHead('/json', body.length) + body, head('/json', body.length) + body];
    const answers = await send(pieces, limits.stallMs * 4);
    assert.equal(answers.match(/\{"got":\{"a":1\}\}/g)?.length, 2);
  });

  it('is refused after the time that the whole may take, which is stated', async () => {
    handled = [];
    const answer = await sendSteadily([head('/json', 100), ...letters('x'.repeat(60))]);
    assertTimeout(answer, /head .* within 0\.4 s, all of it within 1\.6 s/);
    assert.deepEqual(handled, []);
  });
});

describe('a request that stands still', () => {
  it('is refused in its body, with the limit', async () => {
    handled = [];
    assertTimeout(await send([head('/json', 100), '{"a":']), /0\.4 s/);
    assert.deepEqual(handled, []);
  });

  it('is refused in an upload, and without a length', async () => {
    assertTimeout(await send([head('/form', 9_000, formType), formHead, 'some']), /No byte .* 0\.4 s/);
    const chunked =
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    assertTimeout(await send([chunked, '2\r\n{"\r\n']), /No byte .* 0\.4 s/);
  });

  it('is refused in its head', async () => {
    assertTimeout(await send(['POST /json HTTP/1.1\r\nHos']), /head .* within 0\.4 s/);
  });

  it('is cut off when it was answered already', async () => {
    const answer = await send([keptHead('/refused', 100), '{"a":']);
    assert.match(answer, /^HTTP\/1\.1 403 /);
  });
});

describe('what is no request', () => {
  it('is told so, or which limit it met', async () => {
    assert.match(await send(['nonsense\r\n\r\n']), /^HTTP\/1\.1 400 [^]*"code":"INVALID_REQUEST"/);
    const long = `GET /json HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;
    assert.match(await send([long]), /^HTTP\/1\.1 431 [^]*Darkroom-Replica: r1[^]*may have 16384 bytes/);
  });
});
