import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { exitCodes } from '../../cli/errors.ts';
import { askEdge, findTestVarnish } from '../support/edge-under-test.ts';
import { startScriptedOrigin } from './scripted-origin.ts';

const varnish = await findTestVarnish();
const skip = 'lacking' in varnish && varnish.lacking;
const main = join(import.meta.dirname, 'main.ts');

describe('an edge in front of any server, for suites that test HTTP caches', { skip }, () => {
  it('keeps what that says, and ends with Ctrl-C', async () => {
    const origin = await startScriptedOrigin();
    const child = spawn(process.execPath, [main, '--origin', origin.address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface(child.stdout);
      const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
      const address = /^(http:\/\/127\.0\.0\.1:\d+) asks /.exec(line ?? '')?.[1];
      assert.ok(address !== undefined, 'it says where it listens');
      origin.plays('/case', { headers: { 'cache-control': 'max-age=600' } });
      for (let times = 0; times < 2; times += 1)
        assert.equal((await askEdge(`${address}/case`)).body, 'body');
      assert.equal(origin.seen('/case').length, 1);
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'exit'), [exitCodes.ok, null]);
      await assert.rejects(askEdge(`${address}/case`), { code: 'ECONNREFUSED' });
    } finally {
      child.kill('SIGKILL');
      await origin.close();
    }
  });

  it('stands in front of servers of this machine alone', () => {
    const { status, stderr } = spawnSync(process.execPath, [main, '--origin', 'http://example.org'], {
      encoding: 'utf8',
    });
    assert.equal(status, exitCodes.usage);
    assert.match(stderr, /^This takes --origin /);
  });
});
