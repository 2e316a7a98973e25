import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DarkroomError } from '../errors.ts';
import { createDeadlines } from './deadlines.ts';

const never = () => new Promise<never>(() => {});
const late = (error: unknown) => error instanceof DarkroomError && error.code === 'REDIS_UNAVAILABLE';

test('gives what comes in time, and its failures as they are', async () => {
  const deadlines = createDeadlines(60_000);
  const reason = new RangeError('refused');
  assert.equal(await deadlines.within(Promise.resolve(7)), 7);
  await assert.rejects(deadlines.within(Promise.reject(reason)), reason);
  deadlines.stop();
});

test('rejects what does not come, each for itself, and what came before stays', async () => {
  const deadlines = createDeadlines(10);
  const [first, second] = [deadlines.within(never()), deadlines.within(never())];
  assert.equal(await deadlines.within(Promise.resolve('quick')), 'quick');
  await Promise.all([assert.rejects(first, late), assert.rejects(second, late)]);
});

test('thousands come and go behind one that hangs', async () => {
  const deadlines = createDeadlines(50);
  const hanging = assert.rejects(deadlines.within(never()), late);
  for (let round = 0; round < 5; round += 1) {
    const answers = Array.from({ length: 2_000 }, (_, index) => deadlines.within(Promise.resolve(index)));
    assert.equal((await Promise.all(answers)).at(-1), 1_999);
  }
  await hanging;
  await assert.rejects(deadlines.within(never()), late, 'and the next one is looked after too');
});

test('keeps no process alive', () => {
  // The test would not end: nothing else is running.
  void createDeadlines(3_600_000)
    .within(never())
    .catch(() => {});
});
