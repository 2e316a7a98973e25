import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLeaderMemory } from './protocol/leader-memory.ts';
import { createRecordTable } from './protocol/record-table.ts';
import { createReplica } from './protocol/replica.ts';

const [keepAliveGapMs, eventGapMs, oneWayMs] = [5, 2, 0.5];

/** What happens at which virtual time, in order. */
function createAgenda() {
  const due: { readonly atMs: number; readonly work: (nowMs: number) => void }[] = [];
  return {
    add: (atMs: number, work: (nowMs: number) => void) => void due.push({ atMs, work }),
    runUntil(endMs: number): void {
      for (;;) {
        due.sort((a, b) => a.atMs - b.atMs);
        const next = due.shift();
        if (next === undefined || next.atMs > endMs) return;
        next.work(next.atMs);
      }
    },
  };
}

/** How long reads wait that come every 0.73 ms, at a leader where nothing changes; in virtual time. */
function waitsOfReads(endMs: number): readonly number[] {
  const agenda = createAgenda();
  const waits: number[] = [];
  const memory = createLeaderMemory({
    epoch: 1,
    records: createRecordTable(),
    queuedBytesMax: 1_000_000,
    isLeading: () => true,
  });
  const stream = memory.openStream();
  const replica = createReplica({
    ...{ keepAliveGapMs, heartbeatMs: 500, stalenessMaxMs: 5_000, silentMaxMs: 3_000 },
    ...{ waitMaxMs: 2_000, waitingReadsMax: 1_000, createTable: createRecordTable },
  });
  const give = (nowMs: number): void => {
    for (let message = stream.next(); message !== null; message = stream.next()) {
      const told = message;
      agenda.add(nowMs + oneWayMs, (atMs) => session.receive(told, atMs));
    }
  };
  const session = replica.openSession(
    {
      send: (message) =>
        agenda.add(now + oneWayMs, (atMs) => {
          stream.receive(message, memory.lastAt());
          give(atMs);
        }),
      ended: () => assert.fail('the session has ended'),
    },
    0,
  );
  let now = 0;
  const every = (stepMs: number, firstMs: number, work: (nowMs: number) => void): void =>
    agenda.add(firstMs, (atMs) => {
      now = atMs;
      work(atMs);
      every(stepMs, atMs + stepMs, work);
    });
  give(0);
  every(eventGapMs, eventGapMs, (atMs) => {
    if (memory.giveDummies()) give(atMs);
  });
  every(0.1, 0.05, (atMs) => replica.tick(atMs));
  every(0.73, 20, (atMs) =>
    replica.read(
      { synchronised: () => void waits.push(now - atMs), refused: (reason) => assert.fail(reason) },
      atMs,
    ),
  );
  agenda.runUntil(endMs);
  return waits;
}

test('TG-4: a read waits for half of both gaps and the way on average, and for all of them at most, within a quarter', () => {
  const waits = waitsOfReads(400);
  assert.ok(waits.length > 400, `${waits.length} reads were answered`);
  const sum = keepAliveGapMs + eventGapMs + 2 * oneWayMs;
  const mean = waits.reduce((all, wait) => all + wait, 0) / waits.length;
  assert.ok(Math.abs(mean - sum / 2) <= sum / 8, `the mean is ${mean}`);
  assert.ok(Math.max(...waits) <= 1.25 * sum, `the longest is ${Math.max(...waits)}`);
});
