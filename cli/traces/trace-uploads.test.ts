import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createTraceSink } from './trace-sink.ts';
import { createTraceStore } from './trace-store.ts';

const sink = createTraceSink(createTraceStore(60_000));
let port = 0;
const agent = new Agent({ keepAlive: true });
before(async () => {
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  ({ port } = sink.address() as AddressInfo);
});
after(() => {
  agent.destroy();
  sink.close().closeAllConnections();
});

/** An upload whose body comes as the test sends it. */
function beginUpload(headers: Record<string, string | number> = {}): {
  readonly sent: ClientRequest;
  readonly answered: Promise<IncomingMessage>;
} {
  const sent = request({
    ...{ port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', agent },
    headers: { 'content-type': 'application/json', ...headers },
  });
  const answered = once(sent, 'response').then(([response]) => (response as IncomingMessage).resume());
  sent.flushHeaders();
  return { sent, answered };
}

describe('an upload to the store of traces', () => {
  it('that says to be too large is refused before it is sent', async () => {
    const { sent, answered } = beginUpload({ 'content-length': 5 * 2 ** 20 });
    assert.equal((await answered).statusCode, 413);
    sent.destroy();
  });

  it('that turns out to be too large is told so, while it is still being sent', async () => {
    const { sent, answered } = beginUpload();
    const part = Buffer.alloc(2 ** 20, ' ');
    for (let mebibytes = 0; mebibytes < 5; mebibytes += 1) sent.write(part);
    assert.equal((await answered).statusCode, 413);
    sent.end();
    await once(sent, 'close');
  });

  it('is told to come again when many others are under way', async () => {
    const many = Array.from({ length: 40 }, () => beginUpload());
    try {
      const refused = await Promise.race(many.map(({ answered }) => answered));
      assert.equal(refused.statusCode, 503);
      assert.equal(refused.headers['retry-after'], '1');
    } finally {
      for (const { sent } of many) sent.on('error', () => {}).destroy();
      await Promise.allSettled(many.map(({ answered }) => answered));
    }
    // The ends of the others are heard of in a moment.
    await waitUntil(async () => {
      const { sent, answered } = beginUpload();
      sent.end('{}');
      return (await answered).statusCode === 200;
    });
  });

  it('that takes for ever is ended', async () => {
    const hasty = createTraceSink(createTraceStore(60_000), { uploadLimitMs: 200 });
    hasty.listen(0, '127.0.0.1');
    await once(hasty, 'listening');
    const socket = connect((hasty.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    );
    const [said] = (await once(socket, 'data')) as [Buffer];
    assert.match(said.toString(), /^HTTP\/1\.1 408 /);
    await once(socket, 'close');
    hasty.close();
    await once(hasty, 'close');
  });

  it('of a page from elsewhere is not allowed, nor may it read what is here', async () => {
    const origin = { origin: 'https://evil.example' };
    const asked = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    const read = await fetch(`http://127.0.0.1:${port}/kept`, { headers: origin });
    const blind = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { ...origin, 'content-type': 'text/plain' },
      body: '{}',
    });
    assert.deepEqual([asked.status, read.status, blind.status], [405, 200, 415]);
    for (const { headers } of [asked, read, blind]) {
      assert.equal(headers.get('access-control-allow-origin'), null);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    }
  });

  it('to an address that is none is not here', async () => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    request({ port, host: '127.0.0.1', path: '//' }, (response) =>
      resolve(response.resume().statusCode),
    ).end();
    assert.equal(await promise, 404);
  });
});
