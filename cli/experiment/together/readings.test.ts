import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCounters } from '../../../app/cache/cache-counters.ts';
import { countsOf } from '../../figures/counts.ts';
import { createFakeExperiment } from '../../../tests/support/fake-experiment.ts';
import type { Queried } from '../query-figures.ts';
import { readCountersAtRest, readEdge } from './readings.ts';

/** Reads an edge of one world, and keeps in which order that happens. */
async function readWith(answer: (log: string[]) => Promise<Queried>, pause: () => Promise<void>) {
  const { sources } = createFakeExperiment([{ label: 'a' }], () => ({}));
  const log: string[] = [];
  const askDatabase = (): Promise<Queried> => answer(log);
  const driverCpuUs = (): null => {
    log.push('cpu');
    return null;
  };
  const edge = await readEdge({ ...sources, askDatabase }, driverCpuUs, { isDrained: true, pause });
  return { log, edge };
}

const told: Queried = { values: { rows: 3 }, failures: [] };
const forever = (): Promise<void> => new Promise(() => {});

test('what a database is asked between two rounds is CPU of neither, as long as it answers in time', async () => {
  const { log, edge } = await readWith(async (own) => {
    own.push('asked');
    await new Promise((resolve) => setImmediate(resolve));
    own.push('answered');
    return told;
  }, forever);
  assert.deepEqual(log, ['cpu', 'asked', 'answered', 'cpu']);
  assert.deepEqual(edge.queried, [told]);
});

test('a database that answers late does not shorten the next round', async () => {
  const { log, edge } = await readWith(
    async (own) => {
      // It answers once the next round has begun.
      for (let turn = 0; turn < 100 && own.length < 2; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      own.push('answered');
      return told;
    },
    async () => {},
  );
  assert.deepEqual(log, ['cpu', 'cpu', 'answered']);
  assert.deepEqual(edge.queried, [told]);
});

const countersOf = (reads: number, bypasses: number) => ({
  isCounted: true,
  cpuUs: 0,
  counts: countsOf(readCounters, { reads, bypasses }),
});

test('a reading in which a read of a cache is under way is taken anew', async () => {
  const readings = [countersOf(10, 9), countersOf(11, 10), countersOf(11, 11), countersOf(12, 12)];
  const world = { readCounters: async () => [readings.shift() ?? null] };
  assert.deepEqual(await readCountersAtRest([world]), [[countersOf(11, 11)]]);
});

test('what stays uncounted is read all the same, so that a guard can tell of it', async () => {
  let readings = 0;
  const world = {
    readCounters: async () => {
      readings += 1;
      return [countersOf(10, 8)];
    },
  };
  assert.deepEqual(await readCountersAtRest([world]), [[countersOf(10, 8)]]);
  assert.equal(readings, 5);
});
