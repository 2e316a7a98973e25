import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { findTestVarnish, startEdgeUnderTest } from '../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startScriptedOrigin } from './scripted-origin.ts';
import type { ScriptedOrigin } from './scripted-origin.ts';

const varnish = await findTestVarnish();
const skip = 'lacking' in varnish && varnish.lacking;

/** Where a thread of the edge stops until it is let go. */
type Gate = { readonly address: string; passes(): Promise<Socket>; close(): void };
async function openGate(): Promise<Gate> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async passes() {
      const [socket] = (await once(server, 'connection')) as [Socket];
      return socket;
    },
    close: () => void server.close(),
  };
}

/** Before an answer is entered, when it was looked at for the last time; and when it is, before whoever has asked for it looks again. */
let lastLook: Gate;
let secondLook: Gate;
let origin: ScriptedOrigin;
let edge: EdgeUnderTest;

/** The places, by the lines that stand there, and those that are put in their place. */
const altered = (): readonly (readonly [string, string])[] => {
  const stop = (gate: Gate, when: string): string => `if (${when}) { vtc.barrier_sync("${gate.address}"); }`;
  const deliver = 'call leave_what_was_purged;\n  return (deliver);';
  return [
    ['import var;', 'import var;\nimport vtc;'],
    ['sub vcl_recv {', 'sub vcl_recv {\n  if (req.url == "/fails") { return (fail); }'],
    [deliver, deliver.replace('return', `${stop(lastLook, 'bereq.http.Held')}\n  return`)],
    ['sub take_out_what_was_purged {', `$&\n  ${stop(secondLook, 'req.http.Held == "twice"')}`],
    ['> req.time - 1ms', '> req.time - std.duration(req.http.Within, 1ms)'],
  ];
};

before(async () => {
  if ('lacking' in varnish) return;
  lastLook = await openGate();
  secondLook = await openGate();
  origin = await startScriptedOrigin();
  const alter = (vcl: string): string =>
    altered().reduce((text, [from, to]) => {
      assert.ok(text.includes(from), `there is no such place any more: ${from}`);
      return text.replace(from, to);
    }, vcl);
  edge = await startEdgeUnderTest(varnish.folder, [origin.address], { alter });
});
after(async () => {
  await edge?.close();
  await origin?.close();
  lastLook?.close();
  secondLook?.close();
});

const page = (key: string, body: string) => ({
  headers: { 'cache-control': 'max-age=600', 'surrogate-key': `pages ${key}` },
  body,
});

/** Asks for a page, and lets a write purge it once what comes back was looked at and is not entered. The caller lets it go on. */
async function purgeBeforeEntry(path: string, key: string, held: 'once' | 'twice') {
  const write = `${path}/write`;
  origin.plays(path, page(key, 'before'));
  origin.plays(write, { headers: { 'surrogate-purge': key }, body: '' });
  const stopped = lastLook.passes();
  const first = edge.ask(path, { headers: { held } });
  const socket = await stopped;
  assert.equal((await edge.ask(write, { method: 'PUT', body: 'x' })).status, 200);
  origin.plays(path, page(key, 'after'));
  return { first, enter: () => void socket.end() };
}

describe('a purge between the last look at an answer and its entry', { skip }, () => {
  it('is noticed by whoever has asked for it: it does not stay', async () => {
    const { first, enter } = await purgeBeforeEntry('/held/1', 'photo-1', 'once');
    enter();
    assert.equal((await first).body, 'before', 'it was asked for before');
    // It would stay for ten minutes; until the second look a held-up thread may leave it there for moments.
    await waitUntil(async () => (await edge.ask('/held/1')).body === 'after');
  });

  it('is noticed by those who ask after the write, and have joined the fetch or come right behind it', async () => {
    const { first, enter } = await purgeBeforeEntry('/held/2', 'photo-2', 'twice');
    const looksAgain = secondLook.passes();
    // The stops make longer what is over in a millisecond: whoever comes while they last has come within that.
    const four = () => Array.from({ length: 4 }, () => edge.ask('/held/2', { headers: { within: '1h' } }));
    const joined = four();
    enter();
    // It is entered now, and nobody has taken it out.
    const socket = await looksAgain;
    for (const answer of [...joined, ...four()]) assert.equal((await answer).body, 'after');
    socket.end();
    assert.equal((await first).body, 'before');
  });
});

it(
  'a request that fails in the edge itself is refused, and not taken for a question of its health',
  { skip },
  async () => {
    const { status, headers, body } = await edge.ask('/fails');
    assert.deepEqual([status, headers['content-type']], [503, 'application/problem+json']);
    assert.equal((JSON.parse(body) as { code?: string }).code, 'SERVICE_UNREACHABLE');
  },
);
