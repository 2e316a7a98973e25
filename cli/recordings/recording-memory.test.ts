import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runBounded } from '../../tests/support/bounded-process.ts';
import { createRecordingFolder } from '../../tests/support/made-recordings.ts';

const folder = createRecordingFolder();
after(folder.remove);

const heapMib = 16;
/** To write rows takes what Parquet holds of a row group: 65,536 of them, some of whose columns are texts. */
const writingHeapMib = 24;
const mebibyte = 1_048_576;

const urlOf = (name: string): string => JSON.stringify(join(import.meta.dirname, name));

test('a recording of our own is written and read, row group by row group', () => {
  const file = folder.in('long.parquet');
  const rows = 200_000;
  const { status, text } = runBounded(
    `
    import { createRecordingWriter } from ${urlOf('write-recording.ts')};
    import { openReads } from ${urlOf('read-recording.ts')};
    const file = ${JSON.stringify(file)};
    const writer = createRecordingWriter(file, { version: 1, source: 'test', identifiers: 'hashed' });
    const common = { event: 'read', request: 1, class: 'photo', bytes: 100, lifetimeMs: 0, viewer: 0n, replica: 0, outcome: '' };
    for (let row = 0; row < ${rows}; row += 1)
      writer.add({ ...common, timeUs: row, key: BigInt(row % 7_000) });
    writer.finish();
    const source = await openReads(file);
    let read = 0;
    for await (const { length } of source.batches()) read += length;
    console.log(read, source.objects());
  `,
    writingHeapMib,
  );
  assert.equal(text, `${rows} 7000\n`);
  assert.equal(status, 0);
});

test('what would hold a recording is killed by that limit, so that it is one', () => {
  const { status, text } = runBounded(
    `
    const held = [];
    for (let row = 0; row < ${(heapMib * 10 * mebibyte) / 24}; row += 1) held.push({ row, key: 'k' + row });
    console.log(held.length);
  `,
    heapMib,
  );
  assert.notEqual(status, 0);
  assert.match(text, /heap/i);
});
