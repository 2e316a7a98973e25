import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { CommandError } from '../errors.ts';
import { runK6 } from './run-k6.ts';

const { context, remove } = createTestStack();
after(remove);
const pids = join(context.paths.data, 'pids');
const settings: RunSettings = {
  seed: 1,
  people: 20,
  photos: 20,
  mix: 'social-default',
  targets: ['http://127.0.0.1:1'],
  pass: 0,
  ratePerSecond: 10,
  arrivals: 'even',
  settleSeconds: 0,
  measureSeconds: 1,
};

/** A program in place of k6 that writes these samples and then goes on for long. */
function writeFakeK6(samples: string): string {
  const file = join(context.paths.checkout, 'fake-k6');
  const script = `for argument; do case "$argument" in csv=*) printf '${samples}' > "\${argument#csv=}";; esac; done`;
  writeFileSync(file, `#!/bin/sh\n${script}\nexec sleep 100\n`, { mode: 0o755 });
  return file;
}

const run = (k6: string) => runK6({ context, k6, scenarioFile: 'none.ts', settings, requests: [] });
const openPipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;

test('samples in an unknown form end the run with an error, and k6 with it', async () => {
  const k6 = writeFakeK6('a,b,c\\n1,2,3\\n');
  await assert.rejects(
    run(k6),
    (error) => error instanceof CommandError && /unknown columns: a,b,c/.test(error.message),
  );
  assert.deepEqual(readdirSync(pids), []);
});

test('a k6 that cannot be started leaves nothing open behind', async () => {
  const before = openPipes();
  rmSync(pids, { recursive: true });
  await assert.rejects(run('sleep'), CommandError);
  mkdirSync(pids);
  await waitUntil(() => openPipes() <= before);
});
