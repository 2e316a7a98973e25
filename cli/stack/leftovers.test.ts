import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { beginOtherRun } from '../../tests/support/other-run.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { liveRuns, reapLeftovers } from './leftovers.ts';
import { lockFileOf, ownRun, runFolderOf } from './own-run.ts';
import { identityOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { startProcess } from './supervised-process.ts';

const { context, remove } = createTestStack();
after(remove);
const { paths } = context;

function record(name: string, run: string, child: ProcessIdentity): void {
  const file = join(paths.data, 'pids', `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, run, child, owner: child }));
}

function reap(): string[] {
  const said: string[] = [];
  reapLeftovers(paths, (message) => void said.push(message));
  return said;
}

async function startSleeper() {
  const child = spawn('sleep', ['100'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return { child, identity: identityOf(child.pid as number) };
}

test('what a killed run left behind is ended and told of in one line; the rest is left alone', async () => {
  const dead = await beginOtherRun(paths);
  const living = await beginOtherRun(paths);
  mkdirSync(join(runFolderOf(paths, dead.id), 'redis-1_1'));
  await dead.kill();
  const orphan = await startSleeper();
  const later = await startSleeper();
  const elsewhere = await startSleeper();
  const ofLiving = await startSleeper();
  record('orphan', dead.id, orphan.identity);
  record('same-number', dead.id, { ...later.identity, startTime: 'another time' });
  record('same-number-in-another-container', dead.id, { ...elsewhere.identity, realm: 'pid:[1]' });
  record('of-living', living.id, ofLiving.identity);
  const own = await startProcess(context, { name: 'own', command: 'sleep', args: ['100'] });

  assert.deepEqual(reap(), ['Ended orphan and removed the files of an earlier run that was killed.']);
  await once(orphan.child, 'exit');
  for (const { child } of [later, elsewhere, ofLiving]) {
    assert.equal(child.exitCode ?? child.signalCode, null);
    child.kill();
  }
  assert.ok(own.isAlive());
  assert.deepEqual(
    [dead.id, living.id, ownRun(paths).id].map((id) => existsSync(runFolderOf(paths, id))),
    [false, true, true],
  );
  assert.deepEqual(new Set(liveRuns(paths).map(({ pid }) => pid)), new Set([living.pid, process.pid]));
  assert.deepEqual(reap(), []);
  await own.stop();
  await living.kill();
  assert.deepEqual(reap(), ['Removed the files of an earlier run that was killed.']);
  for (const folder of [paths.data, paths.state]) {
    const locks = readdirSync(folder).filter((name) => name.startsWith('run-') && name.endsWith('.lock'));
    assert.deepEqual(locks, [`run-${ownRun(paths).id}.lock`]);
  }
});

test('files that a process out of reach still uses are left alone', async () => {
  const dead = await beginOtherRun(paths);
  const folder = runFolderOf(paths, dead.id);
  // It has inherited the sign of the run, and there is no record of it here.
  const sign = openSync(join(folder, 'children'), constants.O_RDONLY | constants.O_NONBLOCK);
  const survivor = spawn('sleep', ['100'], { stdio: ['ignore', 'ignore', 'ignore', sign] });
  await once(survivor, 'spawn');
  closeSync(sign);
  await dead.kill();
  assert.match(reap().join('\n'), /processes that live on in another container keep theirs/);
  assert.ok(existsSync(folder));
  assert.ok(existsSync(lockFileOf(paths.data, dead.id)));
  survivor.kill('SIGKILL');
  await once(survivor, 'exit');
  reap();
  assert.ok(!existsSync(folder));
});
