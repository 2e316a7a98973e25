import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { bindToOwner, endsWithOwner } from './death-signal.ts';
import { identityOf, isSameProcess } from './process-identity.ts';

const { context, remove } = createTestStack({ sharesPrograms: true });
after(remove);
const skip = !endsWithOwner && 'the kernel does not end children here';

/** Runs a script in a process of its own and returns the first line that it prints. */
async function runOwner(script: string, isEnded: boolean): Promise<{ line: string; kill: () => boolean }> {
  const args = ['--input-type=module-typescript', '-e', script];
  // If the test is killed itself, its owners must not stay behind either.
  const bound = bindToOwner({ command: process.execPath, args }, { signal: 'SIGKILL' });
  const owner = spawn(bound.command, bound.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(owner, 'close');
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  if (isEnded) await ended;
  return { line: line.toString().trim(), kill: () => owner.kill('SIGKILL') };
}

test('children end with the command, also when it is killed', { skip }, async () => {
  const script = `
    import { startRedis } from ${JSON.stringify(join(import.meta.dirname, 'redis-server.ts'))};
    const context = { ...${JSON.stringify(context)}, report() {}, signal: new AbortController().signal };
    const server = await startRedis(context, { name: 'redis-orphan' });
    console.log(server.pid);
    setInterval(() => {}, 1_000);`;
  const { line, kill } = await runOwner(script, false);
  const child = identityOf(Number(line));
  assert.equal(isSameProcess(child), true);
  kill();
  await waitUntil(() => !isSameProcess(child));
});

test(
  'a child whose owner is killed before the child has set its death signal ends too',
  { skip },
  async () => {
    // The owner dies while the child, in a program that is slow to start, has not come to it yet.
    const bound = bindToOwner({ command: 'sleep', args: ['100'] }, { signal: 'SIGKILL' });
    const late = ['-c', 'sleep 0.3; exec "$@"', 'late', bound.command, ...bound.args];
    const script = `
    import { spawn } from 'node:child_process';
    import { writeSync } from 'node:fs';
    const args = ${JSON.stringify(late)}.map((word) => word === '${process.pid}' ? String(process.pid) : word);
    const child = spawn('sh', args, { detached: true, stdio: 'ignore' });
    writeSync(1, String(child.pid));
    process.kill(process.pid, 'SIGKILL');`;
    const { line } = await runOwner(script, true);
    const child = identityOf(Number(line));
    await waitUntil(() => !isSameProcess(child));
  },
);

test('a child that is bound to its owner does what it would do alone', { skip }, async () => {
  const words = ['one two', '$HOME', '"', "it's"];
  const bound = bindToOwner({ command: 'printf', args: ['%s\\n', ...words] }, { signal: 'SIGTERM' });
  const child = spawn(bound.command, bound.args);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.equal(output, `${words.join('\n')}\n`);
});
