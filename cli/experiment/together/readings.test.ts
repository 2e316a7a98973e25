import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeExperiment } from '../../../tests/support/fake-experiment.ts';
import type { Queried } from '../query-figures.ts';
import { readEdge } from './readings.ts';

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
