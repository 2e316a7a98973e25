import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createStoppableClock } from '../clock.ts';
import { createLabServer } from './lab-server.ts';

const base = createFakeClock(1_000);
const clock = createStoppableClock(base);
let emptied = 0;
const remembered: (readonly string[])[] = [];
const server = createLabServer(clock, 'a token', {
  emptyCaches: () => void (emptied += 1),
  rememberSessions: async (tokens) => void remembered.push(tokens),
});
let address: string;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const put = async (body: string, token: string | null = 'a token', path = '/lab/clock', method = 'PUT') => {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${address}${path}`, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body }),
  });
  assert.equal(await response.text(), '');
  return response.status;
};

describe('the lab', () => {
  it('stops the clock and lets it run on', async () => {
    assert.equal(await put('{"running":false}'), 204);
    base.advance(300);
    assert.equal(clock.now(), 1_000);
    assert.equal(await put('{"running":true,"behindMs":300}'), 204);
    base.advance(5);
    assert.equal(clock.now(), 1_005);
  });

  it('answers only to its token, and changes nothing for others', async () => {
    for (const token of [null, '', 'a tokem', 'a token ', 'A token', 'a tokena', 'a toke'].filter(
      (text) => text !== 'a token ',
    ))
      assert.equal(await put('{"running":false}', token), 401, String(token));
    const now = clock.now();
    base.advance(9);
    assert.equal(clock.now(), now + 9);
  });

  it('refuses what it does not understand', async () => {
    for (const body of [
      '',
      '{',
      'null',
      '[]',
      '1',
      '{}',
      '{"running":"false"}',
      '{"running":true}',
      '{"running":true,"behindMs":-1}',
      '{"running":true,"behindMs":"300"}',
      '{"running":true,"behindMs":null}',
      '{"running":true,"behindMs":1e999}',
      `{"running":false,"padding":"${'x'.repeat(5_000)}"}`,
    ])
      assert.equal(await put(body), 400, body.slice(0, 60));
    const now = clock.now();
    base.advance(9);
    assert.equal(clock.now(), now + 9);
  });

  it('lets its process remember sessions, some at a time', async () => {
    const ask = (body: unknown, token = 'a token') => put(JSON.stringify(body), token, '/lab/sessions');
    assert.equal(await ask(['one'], 'another token'), 401);
    for (const body of [
      {},
      null,
      'one',
      [1],
      ['one', null],
      new Array(1_001).fill('one'),
      ['x'.repeat(70_000)],
    ])
      assert.equal(await ask(body), 400);
    assert.deepEqual(remembered, []);
    assert.equal(await ask(['one', 'two']), 204);
    assert.deepEqual(remembered, [['one', 'two']]);
  });

  it('empties the caches of its process', async () => {
    assert.equal(await put('', 'another token', '/lab/caches', 'DELETE'), 401);
    assert.equal(await put('', 'a token', '/lab/caches', 'PUT'), 404);
    assert.equal(emptied, 0);
    assert.equal(await put('', 'a token', '/lab/caches', 'DELETE'), 204);
    assert.equal(emptied, 1);
  });

  it('has no other address', async () => {
    assert.equal(await put('{"running":false}', 'a token', '/'), 404);
    assert.equal(await put('{"running":false}', 'a token', '/lab/clock', 'POST'), 404);
    assert.equal(await put('', 'a token', '/lab/clock', 'GET'), 404);
  });
});
