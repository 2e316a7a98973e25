import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { isRunning } from '../../tests/support/run-cli.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { CommandError } from '../errors.ts';
import { startProcess } from './supervised-process.ts';

const { context, remove } = createTestStack();
after(remove);
const logOf = (name: string): string => join(context.paths.state, 'logs', `${name}.log`);

/** Lets a shell run a script to its end and returns what is quoted of it. */
async function lastLinesOf(name: string, script: string): Promise<string> {
  const child = await startProcess(context, { name, command: '/bin/sh', args: ['-c', script] });
  await child.exited;
  return child.lastLines();
}

test('only what a process itself has written is quoted as its last words', async () => {
  assert.equal(
    await lastLinesOf('talker', 'echo one; echo two; echo three; echo four'),
    'two\n  three\n  four',
  );
  assert.equal(await lastLinesOf('talker', 'true'), '');
  assert.equal(await lastLinesOf('talker', 'echo five'), 'five');
  assert.equal(readFileSync(logOf('talker'), 'utf8'), 'one\ntwo\nthree\nfour\nfive\n');
});

test('a log that has grown large is begun anew, and its end is kept', async () => {
  const log = logOf('grown');
  writeFileSync(log, `begin\n${'x'.repeat(2 ** 20)}\nend\n`);
  assert.equal(await lastLinesOf('grown', 'echo fresh'), 'fresh');
  assert.equal(readFileSync(log, 'utf8'), 'fresh\n');
  assert.match(readFileSync(`${log}.old`, 'utf8'), /^x+\nend\n$/);
  assert.equal(statSync(`${log}.old`).mode & 0o077, 0);
});

test('a log that another run begins anew is quoted all the same', async () => {
  const log = logOf('shared');
  writeFileSync(log, 'x'.repeat(2 ** 20));
  const first = await startProcess(context, {
    name: 'shared',
    command: '/bin/sh',
    args: ['-c', `echo before; while [ ! -e ${log}.old ]; do sleep 0.02; done; echo after`],
  });
  await waitUntil(() => statSync(log).size > 2 ** 20);
  await lastLinesOf('shared', 'true');
  await first.exited;
  assert.equal(first.lastLines(), 'after');
});

test('a process that cannot be put on record is ended', async () => {
  const pids = join(context.paths.data, 'pids');
  const pidFile = join(context.paths.data, 'pid');
  rmSync(pids, { recursive: true, force: true });
  writeFileSync(pids, '');
  const script = `echo $$ > ${pidFile}; exec sleep 100`;
  const starting = startProcess(context, { name: 'unrecorded', command: '/bin/sh', args: ['-c', script] });
  await assert.rejects(starting, (error) => error instanceof CommandError && error.exitCode === 3);
  if (existsSync(pidFile)) assert.ok(!isRunning(Number(readFileSync(pidFile, 'utf8'))));
  rmSync(pids);
});

test('a folder that a cleaner of temporary files has removed is made again', async () => {
  rmSync(join(context.paths.data, 'pids'), { recursive: true, force: true });
  const child = await startProcess(context, { name: 'cleaned', command: 'sleep', args: ['100'] });
  assert.equal(readdirSync(join(context.paths.data, 'pids')).length, 1);
  await child.stop();
});
