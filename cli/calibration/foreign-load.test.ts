import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { burstAt } from './bursts.ts';
import { startForeignLoad } from './foreign-load.ts';

const { context, remove } = createTestStack();
after(remove);

describe('bursts of foreign load', () => {
  it('last one to six seconds with pauses as long, decided by the seed and the process', () => {
    const burstsOf = (seed: number, processNumber: number) =>
      Array.from({ length: 200 }, (_, index) => burstAt(seed, processNumber, index));
    const bursts = burstsOf(1, 1);
    for (const ms of bursts.flatMap(({ burnMs, pauseMs }) => [burnMs, pauseMs]))
      assert.ok(ms >= 1_000 && ms <= 6_000, `${ms}`);
    assert.ok(new Set(bursts.map(({ burnMs }) => burnMs)).size > 150);
    assert.deepEqual(burstsOf(1, 1), bursts);
    assert.notDeepEqual(burstsOf(2, 1), bursts);
    assert.notDeepEqual(burstsOf(1, 2), bursts);
  });

  it('come from as many processes as there are to be busy cores, which are gone once it is stopped', async () => {
    const load = await startForeignLoad(context, { cores: 2, seed: 1 });
    assert.equal(load.processes.length, 2);
    assert.ok(load.processes.every((process) => process.isAlive()));
    await load.stop();
    assert.ok(load.processes.every((process) => !process.isAlive()));
    await load.stop();
  });
});
