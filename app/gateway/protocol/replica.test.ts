import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Session, SessionEndReason } from './leader-sessions.ts';
import type { StreamMessage } from './messages.ts';
import { createRecordTable } from './record-table.ts';
import { createReplica } from './replica.ts';
import type { ReplicaOptions } from './replica.ts';

const defaults: ReplicaOptions = {
  keepAliveGapMs: 5,
  heartbeatMs: 100,
  stalenessMaxMs: 500,
  silentMaxMs: 1_000,
  waitMaxMs: 300,
  waitingReadsMax: 10,
  createTable: createRecordTable,
};

function createGateway(options: Partial<ReplicaOptions> = {}) {
  const replica = createReplica({ ...defaults, ...options });
  const sent: number[] = [];
  const ended: SessionEndReason[] = [];
  const told: string[] = [];
  return {
    replica,
    sent,
    ended,
    /** What the readers were told: the keys that they saw, or why they saw none. */
    told,
    open: (nowMs: number): Session =>
      replica.openSession({ send: ({ id }) => sent.push(id), ended: (reason) => ended.push(reason) }, nowMs),
    read: (nowMs: number) =>
      replica.read(
        {
          synchronised: (records) =>
            told.push(
              records
                .page('', '', 10)
                .map(({ key }) => key)
                .join(' '),
            ),
          refused: (reason) => told.push(reason),
        },
        nowMs,
      ),
  };
}

const record = (key: string, version = 1): StreamMessage => ({ type: 'record', key, version, json: '{}' });
const ack = (keepAlive: number): StreamMessage => ({ type: 'ack', keepAlive, at: 1 });

function feed(session: Session, nowMs: number, ...messages: readonly StreamMessage[]): void {
  for (const message of messages) session.receive(message, nowMs);
}

function snapshot(epoch: number, ...keys: readonly string[]): StreamMessage[] {
  return [
    { type: 'snapshot-begin', epoch },
    ...keys.map((key) => record(key)),
    { type: 'snapshot-end', epoch, at: 1 },
  ];
}

describe('a replica', () => {
  test('refuses reads until a whole snapshot has arrived', () => {
    const { open, read, told } = createGateway();
    read(0);
    const session = open(0);
    feed(session, 0, ...snapshot(1, 'a', 'b').slice(0, 2));
    read(1);
    assert.deepEqual(told, ['not-synchronised', 'not-synchronised']);
  });

  test('answers a read by the acknowledgement of a keep-alive that was sent after it began, and by no earlier one', () => {
    const { open, read, told, sent, replica } = createGateway();
    const session = open(0);
    feed(session, 0, ...snapshot(1, 'a'));
    assert.deepEqual(sent, [1], 'the end of a snapshot is vouched for at once');
    read(1);
    feed(session, 2, ack(1));
    assert.deepEqual(told, []);
    replica.tick(5);
    assert.deepEqual(sent, [1, 2]);
    feed(session, 6, record('b'), ack(2));
    assert.deepEqual(told, ['a b']);
  });

  test('one acknowledgement answers all that wait for its keep-alive or an earlier one', () => {
    const { open, read, told, replica } = createGateway();
    const session = open(0);
    feed(session, 0, ...snapshot(1, 'a'), ack(1));
    read(1);
    replica.tick(5);
    read(6);
    replica.tick(10);
    read(11);
    feed(session, 12, ack(3));
    assert.deepEqual(told, ['a', 'a']);
    assert.equal(replica.waitingReads(), 1);
  });

  test('a snapshot replaces all records, and not before its end', () => {
    const { open, read, told, replica } = createGateway();
    const first = open(0);
    feed(first, 0, ...snapshot(1, 'a', 'deleted'), ack(1));
    first.lose();
    const second = open(10);
    const messages = snapshot(2, 'a', 'new');
    feed(second, 10, ...messages.slice(0, -1));
    const stale = replica.readStale(11);
    assert.ok(stale.isAllowed);
    assert.deepEqual([stale.records.get('deleted')?.key, stale.records.get('new')], ['deleted', undefined]);
    read(11);
    feed(second, 12, ...messages.slice(-1), ack(2));
    read(20);
    feed(second, 21, ack(3));
    assert.deepEqual(told, ['not-synchronised', 'a new']);
  });

  test('when the connection is lost, those that wait and those that come are refused', () => {
    const { open, read, told, ended } = createGateway();
    const session = open(0);
    feed(session, 0, ...snapshot(1, 'a'));
    read(1);
    session.lose();
    read(2);
    feed(session, 3, ack(1), record('b'));
    assert.deepEqual(told, ['session-ended', 'not-synchronised']);
    assert.deepEqual(ended, ['lost']);
  });

  test('a connection that was replaced changes nothing any more', () => {
    const { open, read, told, ended, replica } = createGateway();
    const first = open(0);
    feed(first, 0, ...snapshot(1, 'a'));
    const second = open(10);
    feed(second, 10, ...snapshot(1, 'b'));
    read(15);
    feed(first, 16, record('c'), ack(2));
    first.lose();
    assert.ok(replica.isSynchronised());
    replica.tick(20);
    feed(second, 21, ack(3));
    assert.deepEqual([ended, told], [['replaced'], ['b']]);
  });

  test('refuses a leader whose epoch is over', () => {
    const { open, ended, replica } = createGateway();
    feed(open(0), 0, ...snapshot(2, 'a'));
    feed(open(1), 1, ...snapshot(1, 'b'));
    feed(open(2), 2, ...snapshot(2, 'a'));
    replica.knowEpoch(2);
    assert.deepEqual(ended, ['replaced', 'older-epoch']);
    replica.knowEpoch(3);
    assert.deepEqual(ended, ['replaced', 'older-epoch', 'older-epoch']);
    assert.ok(!replica.isSynchronised());
  });

  test('ends a session in which the leader says what it may not say', () => {
    const faults: readonly StreamMessage[][] = [
      [record('a')],
      [ack(1)],
      [{ type: 'dummy', at: 1 }],
      [{ type: 'snapshot-end', epoch: 1, at: 1 }],
      [
        { type: 'snapshot-begin', epoch: 1 },
        { type: 'snapshot-end', epoch: 2, at: 1 },
      ],
      [...snapshot(1, 'a'), { type: 'snapshot-begin', epoch: 1 }],
      [...snapshot(1, 'a'), ack(2)],
      [...snapshot(1, 'a'), ack(1), ack(1)],
    ];
    for (const messages of faults) {
      const { open, ended, replica } = createGateway();
      feed(open(0), 0, ...messages);
      assert.deepEqual(ended, ['protocol'], JSON.stringify(messages));
      assert.ok(!replica.isSynchronised());
    }
  });

  test('ends the session of a silent leader, and reads that wait for too long before', () => {
    const { open, read, told, ended, replica } = createGateway();
    feed(open(0), 0, ...snapshot(1, 'a'));
    read(2);
    replica.tick(301);
    assert.deepEqual(told, []);
    replica.tick(302);
    assert.deepEqual([told, ended], [['waited-too-long'], []]);
    replica.tick(1_000);
    assert.deepEqual(ended, ['silent']);
    open(2_000);
    replica.tick(3_000);
    assert.deepEqual(ended, ['silent', 'silent'], 'no snapshot came');
  });

  test('holds no more waiting reads than allowed', () => {
    const { open, read, told } = createGateway({ waitingReadsMax: 2 });
    feed(open(0), 0, ...snapshot(1, 'a'));
    for (let count = 0; count < 3; count += 1) read(1);
    assert.deepEqual(told, ['too-many-waiting']);
  });

  test('says how old stale reads may be, from when the last acknowledged keep-alive was sent, and refuses them beyond the limit', () => {
    const { open, replica } = createGateway();
    assert.deepEqual(replica.readStale(0), { isAllowed: false, reason: 'empty' });
    assert.equal(replica.records(), 0);
    const session = open(0);
    feed(session, 10, ...snapshot(1, 'a'));
    assert.deepEqual(replica.readStale(11), { isAllowed: false, reason: 'stale' }, 'nobody has vouched yet');
    feed(session, 20, ack(1));
    const fresh = replica.readStale(50);
    assert.ok(fresh.isAllowed);
    assert.equal(fresh.stalenessMs, 40);
    session.lose();
    assert.ok(replica.readStale(510).isAllowed, 'without a connection they go on, up to the limit');
    assert.deepEqual(replica.readStale(511), { isAllowed: false, reason: 'stale' });
    assert.equal(replica.records(), 1, 'they are there, and too old');
  });

  test('sends a heartbeat while nobody reads, and wakes for it', () => {
    const { open, replica, sent } = createGateway();
    assert.equal(replica.wakeAtMs(), null);
    const session = open(0);
    feed(session, 7, ...snapshot(1, 'a'), ack(1));
    assert.equal(replica.wakeAtMs(), 107);
    replica.tick(106);
    assert.deepEqual(sent, [1]);
    replica.tick(107);
    assert.deepEqual(sent, [1, 2]);
  });

  test('goes on when the time that it is given jumps back or ahead', () => {
    const { open, read, told, replica, sent } = createGateway();
    const session = open(10_000);
    feed(session, 10_000, ...snapshot(1, 'a'), ack(1));
    read(2_000);
    const wakeAtMs = replica.wakeAtMs();
    assert.equal(wakeAtMs, 2_005);
    replica.tick(2_005);
    feed(session, 2_006, ack(2));
    read(90_000);
    feed(session, 90_001, ack(3));
    assert.deepEqual(
      [told, sent],
      [
        ['a', 'a'],
        [1, 2, 3],
      ],
    );
  });
});
