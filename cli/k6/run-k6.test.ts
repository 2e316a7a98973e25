import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { CommandError } from '../errors.ts';
import { driveK6, missingAsDropped, runK6 } from './run-k6.ts';
import type { K6Options } from './run-k6.ts';

const { context, remove } = createTestStack();
after(remove);
const pids = join(context.paths.data, 'pids');
const settings: RunSettings = {
  seed: 1,
  people: 20,
  photos: 20,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1']],
  passes: [{ pass: 0, first: 0, requests: 10, pauseRequests: 0 }],
  ratePerSecond: 10,
  arrivals: 'even',
};
const header = 'metric_name,timestamp,metric_value,expected_response,status,error_code,metadata,extra_tags';
const goOn = 'exec sleep 100';

/** The rows of requests that were answered in a millisecond. */
const answered = (...indexes: readonly number[]): string =>
  indexes
    .flatMap((index) =>
      ['http_req_duration,%s,1', 'http_req_connecting,%s,0'].map(
        (row) => `${row.replace('%s', String(1_700_000_000_000_000 + index * 100_000))},true,200,,i=${index}`,
      ),
    )
    .join('\\n');

/** A program in place of k6 that writes these samples and then does this. */
function writeFakeK6(samples: string, then: string): string {
  const file = join(context.paths.checkout, 'fake-k6');
  const script = `for argument; do case "$argument" in csv=*) printf '${samples}' > "\${argument#csv=}";; esac; done`;
  writeFileSync(file, `#!/bin/sh\n${script}\n${then}\n`, { mode: 0o755 });
  return file;
}

const optionsOf = (k6: string): K6Options => ({
  context,
  k6,
  script: { ofPlan: '', drawing: () => '', samplesFolder: 'none' },
  settings,
  requests: () => ({}),
});
const run = (k6: string) => runK6(optionsOf(k6));
const openPipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;

test('samples in an unknown form end the run with an error, and k6 with it', async () => {
  const k6 = writeFakeK6('a,b,c\\n1,2,3\\n', goOn);
  await assert.rejects(
    run(k6),
    (error) => error instanceof CommandError && /unknown columns: a,b,c/.test(error.message),
  );
  assert.deepEqual(readdirSync(pids), []);
});

test('a k6 that cannot be started leaves nothing open behind', async () => {
  const before = openPipes();
  rmSync(pids, { recursive: true });
  writeFileSync(pids, '');
  await assert.rejects(run('sleep'), CommandError);
  rmSync(pids);
  mkdirSync(pids);
  await waitUntil(() => openPipes() <= before);
});

test('requests without a sample make a run that cannot count', async () => {
  const seen = await run(writeFakeK6(`${header}\\n${answered(0, 1, 2)}\\n`, 'exit 0'));
  assert.deepEqual([seen.started, seen.missing, seen.dropped], [3, 7, 0]);
  assert.equal(seen.driverFailure, "7 of 10 requests are missing in k6's samples");
  const beyond = missingAsDropped(seen);
  assert.deepEqual([beyond.driverFailure, beyond.dropped], [null, 7], 'beyond the limit they were dropped');
});

test('a run counts when every arrival was sent or dropped, also when a threshold is crossed', async () => {
  const dropped = 'dropped_iterations,1700000000950000,2,,,,';
  const samples = `${header}\\n${answered(0, 1, 2, 3, 4, 5, 6, 7)}\\n${dropped}\\n`;
  const thresholdsCrossed = await run(writeFakeK6(samples, 'exit 99'));
  assert.deepEqual(
    [thresholdsCrossed.driverFailure, thresholdsCrossed.started, thresholdsCrossed.dropped],
    [null, 8, 2],
  );
});

test('what is measured is the last pass; the samples of those before it are read, too', async () => {
  const passes = [
    { pass: 0, first: 0, requests: 4, pauseRequests: 0 },
    { pass: 0, first: 4, requests: 6, pauseRequests: 0 },
  ];
  const k6 = writeFakeK6(`${header}\\n${answered(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}\\n`, 'exit 0');
  const measured = await runK6({ ...optionsOf(k6), settings: { ...settings, passes } });
  assert.deepEqual([measured.driverFailure, measured.offered, measured.requests], [null, 6, 6]);
});

test('a k6 that fails says why', async () => {
  const { driverFailure } = await run(writeFakeK6(`${header}\\n`, 'echo "no such script" >&2; exit 107'));
  assert.equal(driverFailure, 'k6 ended with status 107: no such script');
});

test('a k6 that gets no socket from the system is stopped, and says so', async () => {
  const requests = Array.from(
    { length: 30 },
    (_, index) => `http_req_duration,1700000000000000,0,false,0,1213,i=${index}`,
  );
  const { driverFailure } = await run(writeFakeK6(`${header}\\n${requests.join('\\n')}\\n`, goOn));
  assert.match(driverFailure ?? '', /^k6 got no socket for 30 requests: .*ulimit -n.*--rate/);
  assert.deepEqual(readdirSync(pids), []);
});

test('a service that does not listen is not the fault of k6', async () => {
  const requests = Array.from({ length: 10 }, (_, index) =>
    ['http_req_duration,1700000000000000,0', 'http_req_connecting,1700000000000000,0']
      .map((row) => `${row},false,0,1212,i=${index}`)
      .join('\\n'),
  );
  const { driverFailure, errors } = await run(
    writeFakeK6(`${header}\\n${requests.join('\\n')}\\n`, 'exit 0'),
  );
  assert.deepEqual([driverFailure, errors], [null, 10]);
});

test('samples are given on as they come, and a run that has enough ends without a failure', async () => {
  const enough = new AbortController();
  const seen: (number | null)[] = [];
  const drive = driveK6({
    ...optionsOf(writeFakeK6(`${header}\\n${answered(0, 1)}\\n`, goOn)),
    enough: enough.signal,
    onRow: ({ metric, index }) => {
      if (metric === 'http_req_duration') seen.push(index);
      if (index === 1) enough.abort();
    },
  });
  assert.equal((await drive.ended).failure, null);
  assert.deepEqual(seen, [0, 1]);
  assert.deepEqual(readdirSync(pids), []);
});

test('an interruption ends k6, and is a failure of the run', async () => {
  const interruption = new AbortController();
  const drive = driveK6({
    ...optionsOf(writeFakeK6(`${header}\\n${answered(0)}\\n`, goOn)),
    context: { ...context, signal: interruption.signal },
    onRow: () => interruption.abort(),
  });
  assert.match((await drive.ended).failure ?? '', /^k6 was ended by SIG/);
  assert.deepEqual(readdirSync(pids), []);
});

test('a load that would leave the machine is refused before anything starts', async () => {
  const elsewhere = { ...settings, worlds: [['http://127.0.0.1:1'], ['http://192.0.2.1:4000']] };
  await assert.rejects(runK6({ ...optionsOf('none'), settings: elsewhere }), RangeError);
});
