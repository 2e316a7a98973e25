import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reads, ReadsSource } from '../recordings/recording.ts';
import { inventPlan } from '../../tests/support/invented-experiment.ts';
import { predictReplay, readsOfPart } from './predict-replay.ts';
import type { ReplayedPart } from './predict-replay.ts';

/** One object after the other, each read twice, a second apart. */
function createSource(objects: number, rowsPerBatch: number): ReadsSource {
  const rows = objects * 2;
  const batchFrom = (first: number): Reads => {
    const length = Math.min(rowsPerBatch, rows - first);
    const fill = (value: (row: number) => number) => Array.from({ length }, (_, row) => value(first + row));
    return {
      length,
      timeUs: Float64Array.from(fill((row) => row * 1e6)),
      object: Uint32Array.from(fill((row) => Math.floor(row / 2))),
      event: new Uint8Array(length),
      class: new Uint16Array(length),
      bytes: new Uint32Array(length).fill(100),
      lifetimeMs: new Uint32Array(length),
      replica: new Int16Array(length),
    };
  };
  return {
    meta: { version: 1, source: 'test', identifiers: 'hashed' },
    isForeign: false,
    classes: () => ['photo'],
    objects: () => objects,
    async *batches() {
      for (let first = 0; first < rows; first += rowsPerBatch) yield batchFrom(first);
    },
  };
}

test('of a part of a recording only its reads are simulated, at the times at which they come then', async () => {
  const times: number[] = [];
  for await (const { length, timeUs } of readsOfPart(createSource(10, 8), {
    untilUs: 12e6,
    speed: 4,
  }).batches())
    times.push(...timeUs.slice(0, length));
  assert.deepEqual(
    times,
    Array.from({ length: 13 }, (_, row) => (row * 1e6) / 4),
  );
});

test('candidates of a replay have the hit ratios that the simulator makes of it', async () => {
  const plan = { ...inventPlan('together', ['no-cache', 'cache-aside']), replicas: 1, seed: 1 };
  const part: ReplayedPart = {
    ...{ untilUs: 19e6, speed: 1, isAsRecorded: true, isForeign: false, isWhole: true },
    ...{ recordedSeconds: 19, recordedCandidate: 'versioned:ttl=5m' },
  };
  const expected = await predictReplay(createSource(10, 8), plan, part);
  assert.equal(expected.get('cache-aside')?.all, 0.5);
  assert.equal(expected.get('no-cache')?.all, 0);
  const others = await predictReplay(createSource(10, 8), plan, { ...part, isAsRecorded: false });
  assert.equal(others.size, 0);
  // Where others answer before the caches, or feeds come about in another way, other things are read.
  const apart = { ...inventPlan('together', ['no-cache', 'cache-aside:edge=on']), replicas: 1, seed: 1 };
  const unlike = await predictReplay(createSource(10, 8), apart, part);
  assert.deepEqual([unlike.get('cache-aside:edge=on')?.all, unlike.get('no-cache')?.all], [null, 0]);
  const elsewhere = { ...part, recordedCandidate: 'cache-aside:of-another-version=yes' };
  assert.equal((await predictReplay(createSource(10, 8), plan, elsewhere)).get('cache-aside')?.all, null);
});
