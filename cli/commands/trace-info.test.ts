import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createRecordingFolder } from '../../tests/support/made-recordings.ts';
import { runCli } from '../../tests/support/run-cli.ts';

const folder = createRecordingFolder();
after(folder.remove);

test('trace-info says what is in a recording of others, as data', async () => {
  const file = folder.in('own.csv');
  writeFileSync(file, 'when,what,size\n1000,a,10\n1500,b,20\n3000,a,10\n');
  const { status, stdout, stderr } = await runCli([
    ...['trace-info', file, '--columns', 'time=when:ms,key=what,bytes=size', '--json'],
  ]).ended;
  assert.equal(status, 0, stderr);
  const { schemaVersion, format, seconds, reads, objects, bytes } = JSON.parse(stdout) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    { schemaVersion, format, seconds, reads, objects, bytes },
    {
      ...{ schemaVersion: 1, format: 'csv', seconds: 2, reads: 3, objects: 2 },
      bytes: { objects: 30, read: 40, readsWithoutSize: 0 },
    },
  );
});

test('a recording that is not in order ends the command with its line and exit status 2, and prints nothing', async () => {
  const file = folder.in('unsorted.csv');
  writeFileSync(file, 'time,key\n2,a\n1,b\n');
  const { status, stdout, stderr } = await runCli(['trace-info', file]).ended;
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /RECORDING_INVALID: .*unsorted\.csv, line 3: its time, 1000000 µs, is before/);
});
