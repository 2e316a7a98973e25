import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DarkroomError } from '../errors.ts';
import { createMemoryBudget } from './memory-budget.ts';

const isOverloaded = (error: unknown) => error instanceof DarkroomError && error.code === 'OVERLOADED';

/** Works that run until they are told to end. */
function createWorks(limits: { bytesMax: number; workersMax: number; waitingMax: number }) {
  const budget = createMemoryBudget({ name: 'works', ...limits });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string, bytes: number): Promise<string> =>
    budget.run(bytes, async () => {
      begun.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      await promise;
      return name;
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { start, begun, settle, end: (name: string) => ends.get(name)?.() };
}

describe('a memory budget', () => {
  it('lets works begin while they fit, and the next when room is given back', async () => {
    const { start, begun, settle, end } = createWorks({ bytesMax: 10, workersMax: 3, waitingMax: 3 });
    const all = [start('a', 6), start('b', 4), start('c', 5)];
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    end('b');
    await settle();
    assert.deepEqual(begun, ['a', 'b'], '4 bytes are not enough');
    end('a');
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c']);
    end('c');
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
  });

  it('lets nobody overtake who waits', async () => {
    const { start, begun, settle, end } = createWorks({ bytesMax: 10, workersMax: 3, waitingMax: 3 });
    const all = [start('a', 6), start('large', 10), start('small', 1)];
    await settle();
    assert.deepEqual(begun, ['a']);
    for (const name of ['a', 'large', 'small']) {
      end(name);
      await settle();
    }
    assert.deepEqual(begun, ['a', 'large', 'small']);
    await Promise.all(all);
  });

  it('refuses who finds the line full, naming the limits', async () => {
    const { start, settle, end } = createWorks({ bytesMax: 10, workersMax: 1, waitingMax: 1 });
    const all = [start('a', 1), start('b', 1)];
    await assert.rejects(start('c', 1), isOverloaded);
    await assert.rejects(start('c', 1), /works take all of 10 bytes or 1 places, and 1 wait/);
    end('a');
    await settle();
    end('b');
    await Promise.all(all);
  });

  it('gives back what failed works took, and never gives more than there is', async () => {
    const work = fc.record({ bytes: fc.integer({ min: 0, max: 10 }), turns: fc.nat(3), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
        const budget = createMemoryBudget({ name: 'works', bytesMax: 10, workersMax: 3, waitingMax: 20 });
        let [bytes, workers] = [0, 0];
        const run = (one: (typeof works)[number]) =>
          budget.run(one.bytes, async () => {
            bytes += one.bytes;
            workers += 1;
            assert.ok(bytes <= 10 && workers <= 3, `${bytes} bytes, ${workers} workers`);
            for (let turn = 0; turn < one.turns; turn += 1) await Promise.resolve();
            bytes -= one.bytes;
            workers -= 1;
            if (one.fails) throw new RangeError('failed');
          });
        const outcomes = await Promise.allSettled(works.map(run));
        assert.deepEqual(
          outcomes.map(({ status }) => status === 'rejected'),
          works.map(({ fails }) => fails),
        );
      }),
    );
  });
});
