import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restartProcesses, startProcesses } from './start-processes.ts';
import type { Shuffle } from './start-processes.ts';

const reversed: Shuffle = (items) => items.toReversed();

/** Two worlds of two processes that write down what is done to them. */
function createFakes(start: (name: string, signal: AbortSignal) => Promise<void> = async () => {}) {
  const log: string[] = [];
  const worlds = ['a', 'b'].map((world) => ({
    processStarts: () =>
      ['1', '2'].map((process) => (signal: AbortSignal) => {
        log.push(`start ${world}${process}`);
        return start(`${world}${process}`, signal);
      }),
    stopProcesses: async () => void log.push(`stop ${world}`),
    introduceProcesses: async () => void log.push(`introduce ${world}`),
  }));
  return { log, worlds };
}

test('all processes of all worlds are under way before the first has started, in the order of the shuffle', async () => {
  const everyone = Promise.withResolvers<void>();
  const { log, worlds } = createFakes(async (name) => {
    if (name === 'a1') everyone.resolve();
    await everyone.promise;
  });
  await startProcesses(worlds, reversed);
  const starts = ['start b2', 'start b1', 'start a2', 'start a1'];
  assert.deepEqual(
    log,
    [...starts, 'introduce a', 'introduce b'],
    'and are told of each other when all are there',
  );
});

test('when one fails, the others are told, all are stopped, and the first error is thrown', async () => {
  const { log, worlds } = createFakes(async (name, signal) => {
    if (name === 'b1') throw new RangeError('first');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new RangeError('later');
  });
  await assert.rejects(startProcesses(worlds), /first/);
  assert.deepEqual(log.slice(4), ['stop a', 'stop b']);
});

test('a restart ends all before it starts the first', async () => {
  const { log, worlds } = createFakes();
  await restartProcesses(worlds, reversed);
  assert.deepEqual(log.slice(0, 6), ['stop a', 'stop b', 'start b2', 'start b1', 'start a2', 'start a1']);
});
