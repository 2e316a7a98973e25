import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import {
  createRecordingFolder,
  recordedEvent,
  writeTestRecording,
} from '../../tests/support/made-recordings.ts';
import { CommandError } from '../errors.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import { planRecording } from './recording-session.ts';
import { createRecordingWriter } from './write-recording.ts';

const folder = createRecordingFolder();
after(folder.remove);

const plan = (record: string) => planRecording({ record }, [readNamed('cache-aside', 1)]);
const made = (name: string, content: string): string => {
  writeFileSync(folder.in(name), content);
  return folder.in(name);
};

test('a recording takes the place of another one, and of an empty file', () => {
  const other = folder.in('other.parquet');
  writeTestRecording(other, [{ timeUs: 1 }]);
  for (const file of [other, made('empty', ''), folder.in('new.parquet')]) assert.notEqual(plan(file), null);
});

test('what is no recording is not replaced: it would be lost', () => {
  const whole = folder.in('whole.parquet');
  writeTestRecording(whole, [{ timeUs: 1 }]);
  const bytes = readFileSync(whole);
  const cut = folder.in('cut.parquet');
  writeFileSync(cut, bytes.subarray(0, bytes.length - 20));
  const others = folder.in('others.parquet');
  writeFileSync(others, Buffer.from(bytes.toString('latin1').replaceAll('darkroom', 'somebody'), 'latin1'));
  for (const file of [cut, others, made('notes.txt', 'do not lose me'), made('short', 'PAR1')])
    assert.throws(
      () => plan(file),
      (error) =>
        error instanceof CommandError &&
        error.reason === 'usage' &&
        error.message.includes(file) &&
        /no whole recording/.test(error.message) &&
        error.remedy !== undefined,
    );
});

test('a recording that is not finished is no file of that name, and leaves nothing when it is given up', () => {
  const file = folder.in('given-up.parquet');
  const writer = createRecordingWriter(file, { version: 1, source: 'test', identifiers: 'hashed' });
  writer.add(recordedEvent());
  assert.equal(existsSync(file), false);
  assert.ok(readdirSync(folder.in('.')).some((name) => name.startsWith('given-up.parquet.unfinished')));
  writer.discard();
  assert.ok(!readdirSync(folder.in('.')).some((name) => name.startsWith('given-up')));
});
