import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const main = join(import.meta.dirname, '..', 'cli', 'main.ts');
const commands = [
  ['list', 'strategies'],
  ['list', 'parameters', '--json'],
  ['--version'],
  ['compare', '--help'],
];

/** Runs a command on this stdout, or on a pipe whose reader has gone. */
async function run(
  args: readonly string[],
  stdout: number | null,
): Promise<{ status: number; said: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', stdout ?? 'pipe', 'pipe'] });
  child.stdout?.destroy();
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status] = (await once(child, 'close')) as [number];
  return { status, said };
}

describe('a stdout that takes nothing', () => {
  it('is named when it is full', { skip: !existsSync('/dev/full') }, async () => {
    const full = openSync('/dev/full', 'w');
    try {
      for (const args of commands) {
        const { status, said } = await run(args, full);
        assert.equal(status, 4, `${args.join(' ')}: ${said}`);
        assert.match(said, /^darkroom: stdout cannot be written: ENOSPC: [^\n]*\n$/);
      }
    } finally {
      closeSync(full);
    }
  });

  it('is no failure when its reader has gone', async () => {
    for (const args of commands) assert.deepEqual(await run(args, null), { status: 0, said: '' });
  });
});
