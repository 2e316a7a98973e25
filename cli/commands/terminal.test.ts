import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { createTerminal } from './terminal.ts';

/** A process that only remembers how it was told to exit. */
function createFakeProcess() {
  const exits: number[] = [];
  const stream = () =>
    Object.assign(new EventEmitter(), {
      write: (_text: string, written?: () => void) => {
        written?.();
        return true;
      },
    });
  const fake = Object.assign(new EventEmitter(), {
    stdout: stream(),
    stderr: stream(),
    exit: (code: number) => exits.push(code),
  });
  return { fake, exits, process: fake as unknown as NodeJS.Process };
}

test('a signal that arrives several times at once stops once; a later one ends the process', () => {
  const { fake, exits, process } = createFakeProcess();
  let nowMs = 1_000;
  const terminal = createTerminal(process, { now: () => nowMs });
  assert.equal(terminal.signal.aborted, false);
  fake.emit('SIGINT');
  assert.equal(terminal.signal.aborted, true);
  nowMs += 300;
  fake.emit('SIGINT');
  fake.emit('SIGTERM');
  assert.deepEqual(exits, []);
  nowMs += 300;
  fake.emit('SIGINT');
  assert.deepEqual(exits, [130]);
});

test('a closed terminal leaves the signals to others', () => {
  const { fake, process } = createFakeProcess();
  createTerminal(process).close();
  assert.equal(
    fake.listenerCount('SIGINT') + fake.listenerCount('SIGTERM') + fake.listenerCount('SIGHUP'),
    0,
  );
});

test('a reader that went away is no failure, any other trouble with stdout is told in the end', async () => {
  const { fake, process } = createFakeProcess();
  const terminal = createTerminal(process);
  // At a pipe, and at a terminal whose window was closed.
  for (const code of ['EPIPE', 'EIO'])
    fake.stdout.emit('error', Object.assign(new TypeError('gone'), { code }));
  assert.equal(await terminal.printed(), null);
  for (const message of ['no space left', 'destroyed']) fake.stdout.emit('error', new TypeError(message));
  assert.equal(await terminal.printed(), 'no space left');
});

test('trouble with stderr ends nothing: there is nobody to be told', () => {
  const { fake, process } = createFakeProcess();
  createTerminal(process);
  assert.equal(fake.stderr.emit('error', new TypeError('no space left')), true);
});
