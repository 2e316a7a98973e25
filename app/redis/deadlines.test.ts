import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
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

/** A thread that answers whoever says anything, and counts its answers. */
const answering = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((socket) => socket.once('data', () => socket.write('answer', () => Atomics.add(workerData, 0, 1))));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('takes what came while this process itself stood still', async (context) => {
  const answers = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(answering, { eval: true, workerData: answers });
  context.after(() => thread.terminate());
  const [port] = (await once(thread, 'message')) as [number];
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  const limitMs = 20;
  const { within } = createDeadlines(limitMs);
  const sentAtMs = performance.now();
  socket.write('question');
  const answered = within(once(socket, 'data'));
  while (Atomics.load(answers, 0) === 0 || performance.now() < sentAtMs + 2 * limitMs);
  const [answer] = (await answered) as [Buffer];
  assert.equal(String(answer), 'answer');
});

test('keeps no process alive', () => {
  // The test would not end: nothing else is running.
  void createDeadlines(3_600_000)
    .within(never())
    .catch(() => {});
});
