import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLeaderMemory } from './leader-memory.ts';
import type { LeaderStream } from './leader-stream.ts';
import { bytesOf } from './messages.ts';
import type { StreamMessage } from './messages.ts';
import { createRecordTable } from './record-table.ts';

function createLeader({ queuedBytesMax = 1_000, isLeading = (): boolean => true } = {}) {
  const records = createRecordTable();
  records.put({ key: 'posts:1', version: 1, json: '{}' });
  return createLeaderMemory({ epoch: 3, records, queuedBytesMax, isLeading });
}

function drain(stream: LeaderStream): StreamMessage[] {
  const messages: StreamMessage[] = [];
  for (let message = stream.next(); message !== null; message = stream.next()) messages.push(message);
  return messages;
}

const put = (key: string, version = 1, json = '{}') => ({ type: 'record', key, version, json }) as const;

describe('the stream of a leader', () => {
  test('begins with a snapshot of its moment, and goes on with what came after', () => {
    const leader = createLeader();
    const stream = leader.openStream();
    leader.apply(put('posts:2'));
    leader.apply({ type: 'removed', key: 'posts:1', version: 2 });
    assert.deepEqual(drain(stream), [
      { type: 'snapshot-begin', epoch: 3 },
      put('posts:1'),
      { type: 'snapshot-end', epoch: 3, at: 0 },
      put('posts:2'),
      { type: 'removed', key: 'posts:1', version: 2 },
    ]);
  });

  test('acknowledges only after an event past the arrival, by a dummy event where nothing changes', () => {
    const leader = createLeader();
    const stream = leader.openStream();
    drain(stream);
    stream.receive({ type: 'keep-alive', id: 1 }, leader.lastAt());
    assert.deepEqual(drain(stream), []);
    assert.ok(stream.needsDummy());
    assert.ok(leader.giveDummies());
    assert.deepEqual(drain(stream), [
      { type: 'dummy', at: 1 },
      { type: 'ack', keepAlive: 1, at: 1 },
    ]);
    assert.ok(!stream.needsDummy());
    assert.ok(!leader.giveDummies(), 'nobody waits for one');
  });

  test('a change that happened before a keep-alive is sent before its acknowledgement, also when the connection is slow', () => {
    const leader = createLeader();
    const stream = leader.openStream();
    drain(stream);
    leader.apply(put('posts:2'));
    stream.receive({ type: 'keep-alive', id: 1 }, leader.lastAt());
    leader.apply(put('posts:3'));
    assert.deepEqual(drain(stream), [put('posts:2'), put('posts:3'), { type: 'ack', keepAlive: 1, at: 2 }]);
  });

  test('answers the latest keep-alive that it can, which answers the earlier ones, and no later one', () => {
    const leader = createLeader();
    const stream = leader.openStream();
    drain(stream);
    for (const id of [1, 2]) stream.receive({ type: 'keep-alive', id }, leader.lastAt());
    leader.apply(put('posts:2'));
    stream.receive({ type: 'keep-alive', id: 3 }, leader.lastAt());
    assert.deepEqual(drain(stream), [put('posts:2'), { type: 'ack', keepAlive: 2, at: 1 }]);
    assert.ok(stream.needsDummy());
    leader.apply(put('posts:3'));
    assert.deepEqual(drain(stream), [put('posts:3'), { type: 'ack', keepAlive: 3, at: 2 }]);
  });

  test('is cut when more waits than allowed, and counts what waits', () => {
    const leader = createLeader({ queuedBytesMax: 200 });
    const [slow, quick] = [leader.openStream(), leader.openStream()];
    drain(quick);
    leader.apply(put('posts:2', 1, 'x'.repeat(100)));
    drain(quick);
    assert.equal(slow.queuedBytes(), bytesOf(put('posts:2', 1, 'x'.repeat(100))));
    leader.apply(put('posts:3', 1, 'x'.repeat(100)));
    assert.equal(slow.cutReason(), 'slow');
    assert.equal(slow.queuedBytes(), 0);
    assert.deepEqual(drain(slow), []);
    assert.equal(quick.cutReason(), null);
    assert.equal(drain(quick).length, 1);
  });

  test('a snapshot is not counted, however large it is, but what waits behind it is', () => {
    const leader = createLeader({ queuedBytesMax: 200 });
    for (let id = 2; id <= 100; id += 1) leader.apply(put(`posts:${id}`));
    const [whole, late] = [leader.openStream(), leader.openStream()];
    leader.apply(put('posts:1', 2));
    assert.equal(whole.queuedBytes(), bytesOf(put('posts:1', 2)));
    assert.equal(drain(whole).length, 1 + 100 + 1 + 1);
    late.next();
    for (let version = 3; version < 20; version += 1) leader.apply(put('posts:1', version));
    assert.equal(late.cutReason(), 'slow');
  });

  test('vouches for nothing once somebody else may lead', () => {
    let isLeading = true;
    const leader = createLeader({ isLeading: () => isLeading });
    const stream = leader.openStream();
    drain(stream);
    stream.receive({ type: 'keep-alive', id: 1 }, leader.lastAt());
    leader.giveDummies();
    isLeading = false;
    assert.deepEqual(drain(stream), [{ type: 'dummy', at: 1 }]);
    assert.equal(stream.cutReason(), 'not-leading');
  });

  test('gives the same message to all gateways, so that it is encoded once', () => {
    const leader = createLeader();
    const [a, b] = [leader.openStream(), leader.openStream()];
    drain(a);
    drain(b);
    leader.apply(put('posts:2'));
    assert.equal(drain(a)[0], drain(b)[0]);
  });

  test('a stream that was closed gets nothing more', () => {
    const leader = createLeader();
    const stream = leader.openStream();
    drain(stream);
    leader.closeStream(stream);
    leader.apply(put('posts:2'));
    assert.deepEqual(drain(stream), []);
  });

  test('thousands of events that wait come in their order', () => {
    const leader = createLeader({ queuedBytesMax: 1e9 });
    const stream = leader.openStream();
    drain(stream);
    for (let version = 1; version <= 5_000; version += 1) {
      leader.apply(put('posts:2', version));
      if (version % 3 === 0) stream.next();
    }
    const left = drain(stream).flatMap((message) => (message.type === 'record' ? [message.version] : []));
    assert.equal(left.length, 5_000 - 1_666);
    assert.deepEqual(
      left,
      left.toSorted((a, b) => a - b),
    );
    assert.equal(stream.queuedBytes(), 0);
  });
});
