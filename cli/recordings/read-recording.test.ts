import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { parquetWriteFile } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import {
  collect,
  createRecordingFolder,
  recordedEvent,
  writeTestRecording,
} from '../../tests/support/made-recordings.ts';
import { openReads, openRecording, openRequests } from './read-recording.ts';
import type { OpenOptions } from './read-recording.ts';
import { batchRowsMax } from './recording.ts';
import type { RecordedEvent } from './recording.ts';
import { createRecordingWriter } from './write-recording.ts';

const folder = createRecordingFolder();
after(folder.remove);

async function readsOf(file: string, options: OpenOptions = {}) {
  const source = await openReads(file, options);
  const rows: Record<string, unknown>[] = [];
  for await (const batch of source.batches())
    for (let row = 0; row < batch.length; row += 1)
      rows.push({
        timeUs: batch.timeUs[row],
        object: batch.object[row],
        event: batch.event[row],
        class: source.classes()[batch.class[row] ?? 0],
        bytes: batch.bytes[row],
        lifetimeMs: batch.lifetimeMs[row],
        replica: batch.replica[row],
      });
  return { rows, objects: source.objects(), meta: source.meta };
}

/** Reads a recording to its end, and says what it is refused with. */
async function refusalOf(file: string, options: OpenOptions = {}): Promise<string> {
  try {
    await readsOf(file, options);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'RECORDING_INVALID', String(error));
    return error.message;
  }
  return 'taken';
}

describe('a recording', () => {
  test('is read as it was written, with dense numbers for its objects', async () => {
    const file = folder.in('plain.parquet');
    writeTestRecording(
      file,
      [
        { timeUs: 5, event: 'request', class: 'photoPage', key: 7n, request: 3, viewer: 9n, replica: 1 },
        {
          timeUs: 5,
          key: -(2n ** 63n),
          request: 3,
          bytes: 120,
          lifetimeMs: 5_000,
          replica: 1,
          outcome: 'storage',
        },
        { timeUs: 8, key: 2n ** 62n + 1n, class: 'comments', bytes: 0 },
        { timeUs: 8, event: 'write', key: -(2n ** 63n), bytes: 0 },
        { timeUs: 2 ** 51, event: 'remove', key: 2n ** 62n + 1n, class: 'comments', bytes: 0 },
      ],
      { seed: 4, people: 20 },
    );
    const { rows, objects, meta } = await readsOf(file);
    const common = { bytes: 0, lifetimeMs: 0, replica: -1 };
    assert.deepEqual(rows, [
      { timeUs: 5, object: 0, event: 0, class: 'photo', bytes: 120, lifetimeMs: 5_000, replica: 1 },
      { ...common, timeUs: 8, object: 1, event: 0, class: 'comments' },
      { ...common, timeUs: 8, object: 0, event: 1, class: 'photo' },
      { ...common, timeUs: 2 ** 51, object: 1, event: 2, class: 'comments' },
    ]);
    assert.equal(objects, 2);
    assert.deepEqual(meta, { version: 1, source: 'test', identifiers: 'hashed', seed: 4, people: 20 });
    const requests = await collect((await openRequests(file)).requests());
    assert.deepEqual(requests, [{ timeUs: 5, operation: 'photoPage', subject: 7n, viewer: 9n, request: 3 }]);
  });

  test('has the same numbers when it is read again, and another object for the same key of another class', async () => {
    const file = folder.in('again.parquet');
    writeTestRecording(file, [{ key: 1n }, { key: 1n, class: 'comments' }, { key: 1n }]);
    const source = await openReads(file);
    const objectsOf = async () => (await collect(source.batches())).flatMap(({ object }) => [...object]);
    assert.deepEqual(await objectsOf(), [0, 1, 0]);
    assert.deepEqual(await objectsOf(), [0, 1, 0]);
  });

  test('leaves reads past the cache out of what is simulated', async () => {
    const file = folder.in('bypass.parquet');
    writeTestRecording(file, [{ key: 0n, outcome: 'bypass' }, { key: 1n }]);
    assert.equal((await readsOf(file)).rows.length, 1);
  });

  test('comes in batches of at most 65,536, also where its rows are more than one group', async () => {
    const file = folder.in('long.parquet');
    const rows = batchRowsMax * 2 + 10;
    writeTestRecording(
      file,
      (function* () {
        for (let row = 0; row < rows; row += 1) yield { timeUs: row, key: BigInt(row % 1_000), request: row };
      })(),
    );
    const source = await openReads(file);
    const lengths: number[] = [];
    let expected = 0;
    for await (const { length, timeUs, object } of source.batches()) {
      lengths.push(length);
      for (let row = 0; row < length; row += 1, expected += 1) {
        assert.equal(timeUs[row], expected);
        assert.equal(object[row], expected % 1_000);
      }
    }
    assert.deepEqual(lengths, [batchRowsMax, batchRowsMax, 10]);
  });

  test('is not written out of the order of its times, and not there before it is finished', () => {
    const file = folder.in('unfinished.parquet');
    const writer = createRecordingWriter(file, { version: 1, source: 'test', identifiers: 'plain' });
    writer.add(recordedEvent({ timeUs: 2 }));
    assert.throws(() => writer.add(recordedEvent({ timeUs: 1 })), RangeError);
    assert.throws(() => readFileSync(file), { code: 'ENOENT' });
    writer.discard();
  });
});

/** The columns of one event, for files that nobody should write. */
function columnsOf(events: readonly Partial<RecordedEvent>[]): ColumnSource[] {
  const full = events.map(recordedEvent);
  return [
    { name: 'time_us', type: 'INT64', data: full.map(({ timeUs }) => BigInt(timeUs)) },
    { name: 'event', type: 'STRING', data: full.map(({ event }) => event) },
    { name: 'request', type: 'INT64', data: full.map(({ request }) => BigInt(request)) },
    { name: 'class', type: 'STRING', data: full.map((event) => event.class) },
    { name: 'key', type: 'INT64', data: full.map(({ key }) => key) },
    { name: 'bytes', type: 'INT32', data: full.map(({ bytes }) => bytes) },
    { name: 'lifetime_ms', type: 'INT32', data: full.map(({ lifetimeMs }) => lifetimeMs) },
    { name: 'viewer', type: 'INT64', data: full.map(({ viewer }) => viewer) },
    { name: 'replica', type: 'INT32', data: full.map(({ replica }) => replica) },
    { name: 'outcome', type: 'STRING', data: full.map(({ outcome }) => outcome) },
  ];
}

const goodMeta = '{"version":1,"source":"test","identifiers":"hashed"}';

function writeOdd(name: string, columnData: ColumnSource[], metaText: string | null = goodMeta): string {
  const file = folder.in(name);
  const kvMetadata = metaText === null ? [] : [{ key: 'darkroom', value: metaText }];
  parquetWriteFile({ filename: file, columnData, kvMetadata });
  return file;
}

describe('a bad recording', () => {
  test('whose times are not sorted is refused at its row', async () => {
    const file = writeOdd('unsorted.parquet', columnsOf([{ timeUs: 5 }, { timeUs: 9 }, { timeUs: 7 }]));
    assert.match(
      await refusalOf(file),
      /unsorted\.parquet, row 3: its time, 7 µs, is before the 9 µs .*order of their times/,
    );
  });

  test('that is cut is refused wherever it is cut', async () => {
    const whole = folder.in('whole.parquet');
    writeTestRecording(
      whole,
      Array.from({ length: 3_000 }, (_, row) => ({ timeUs: row, key: BigInt(row) })),
    );
    const bytes = readFileSync(whole);
    const file = folder.in('cut.parquet');
    for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 23)) {
      writeFileSync(file, bytes.subarray(0, length));
      assert.match(
        await refusalOf(file, { format: 'parquet' }),
        /cut\.parquet: its end is not that of a Parquet file/,
      );
    }
  });

  test('that is damaged inside is refused, or read as something else that is in order, and never takes the process down', async () => {
    const bytes = readFileSync(folder.in('whole.parquet'));
    const file = folder.in('damaged.parquet');
    let refused = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const damaged = Buffer.from(bytes);
      for (let at = (seed * 7_919) % bytes.length; at < bytes.length - 8; at += Math.ceil(bytes.length / 3))
        damaged[at] = (damaged[at] ?? 0) ^ (1 + (seed % 255));
      writeFileSync(file, damaged);
      if ((await refusalOf(file, { format: 'parquet' })) !== 'taken') refused += 1;
    }
    assert.ok(refused > 10, `${refused} of 40 were refused`);
  });

  test('with too many classes, or an identifier for its class, is refused at the first that is too many', async () => {
    const events = Array.from({ length: 1_002 }, (_, row) => ({ timeUs: row, class: `photo ${row}` }));
    const file = writeOdd('classes.parquet', columnsOf(events));
    assert.match(
      await refusalOf(file),
      /row 1001: "photo 1000" is class 1001; at most 1000 distinct classes/,
    );
    assert.equal(await refusalOf(file, { classesMax: 1_002 }), 'taken');
  });

  test('with too many objects is refused', async () => {
    const file = folder.in('objects.parquet');
    writeTestRecording(
      file,
      Array.from({ length: 100 }, (_, row) => ({ key: BigInt(row) })),
    );
    assert.match(await refusalOf(file, { objectsMax: 99 }), /has more than 99 objects/);
    assert.equal(await refusalOf(file, { objectsMax: 100 }), 'taken');
  });

  test('with wrong columns is refused with those that are expected', async () => {
    const columns = columnsOf([{}]);
    const without = columns.filter(({ name }) => name !== 'key');
    assert.match(
      await refusalOf(writeOdd('no-key.parquet', without)),
      /it has no column key; expected are time_us INT64/,
    );
    const textual = columns.map((column) =>
      column.name === 'bytes' ? { name: 'bytes', type: 'STRING' as const, data: ['100'] } : column,
    );
    assert.match(
      await refusalOf(writeOdd('text.parquet', textual)),
      /column bytes is BYTE_ARRAY; expected are/,
    );
  });

  test('with values out of range is refused at their row, with what is expected', async () => {
    const cases: readonly [Partial<Record<string, unknown[]>>, RegExp][] = [
      [{ bytes: [1, -1] }, /row 2: its bytes is -1; expected is bytes, 0 or more/],
      [{ event: ['read', 'fetch'] }, /row 2: its event is "fetch"; expected is read, write, remove, request/],
      [{ outcome: ['', 'moon'] }, /row 2: its outcome is "moon"/],
      [{ time_us: [1n, -1n] }, /row 2: its time_us is -1/],
      [{ time_us: [1n, 2n ** 60n] }, /row 2: its time_us is 1152921504606846976/],
      [{ replica: [0, 40_000] }, /row 2: its replica is 40000; expected is -1 to 32767/],
      [{ key: [1n, null] }, /row 2: its key is missing; expected is an int64/],
    ];
    for (const [values, expected] of cases) {
      const columns = columnsOf([{}, {}]).map((column) => {
        const data = values[column.name];
        return data === undefined ? column : { ...column, data, nullable: data.includes(null) };
      });
      assert.match(await refusalOf(writeOdd('range.parquet', columns)), expected);
    }
  });

  test('that does not say what it is of, or is of another version, is refused', async () => {
    const columns = columnsOf([{}]);
    assert.match(
      await refusalOf(writeOdd('no-meta.parquet', columns, null)),
      /its metadata have no "darkroom"/,
    );
    assert.match(await refusalOf(writeOdd('bad-meta.parquet', columns, '{')), /is no JSON/);
    const later = goodMeta.replace('"version":1', '"version":2');
    assert.match(await refusalOf(writeOdd('later.parquet', columns, later)), /version 1 of recordings/);
  });

  test('without reads is no input of a simulation, and one without requests none of a replay', async () => {
    const requests = folder.in('requests.parquet');
    writeTestRecording(requests, [{ event: 'request', class: 'photoPage' }]);
    assert.match(await refusalOf(requests), /has no reads of caches/);
    const reads = folder.in('reads.parquet');
    writeTestRecording(reads, [{}]);
    const source = await openRequests(reads);
    await assert.rejects(collect(source.requests()), /has no requests, which are what is replayed/);
  });

  test('of no known format, or that is not there, is refused before it is read', async () => {
    const file = folder.in('notes.txt');
    writeFileSync(file, 'nothing of this kind\n');
    await assert.rejects(openRecording(file), /looks like no format that is known/);
    await assert.rejects(
      openRecording(folder.in('absent.csv')),
      /RECORDING_INVALID: .*absent\.csv cannot be read/,
    );
    await assert.rejects(
      openRecording(file, { format: 'cvs' }),
      /There is no format "cvs"\. Did you mean "csv"\?/,
    );
  });

  test('that is no file, or has nothing in it, is refused before it is read', async () => {
    writeFileSync(folder.in('nothing'), '');
    await assert.rejects(openRecording(folder.in('nothing')), /RECORDING_INVALID: .*nothing is empty/);
    await assert.rejects(
      openRecording(folder.in('')),
      /RECORDING_INVALID: .* is a folder; a file is expected/,
    );
    const device = /RECORDING_INVALID: \/dev\/null is no file but a pipe or a device/;
    await assert.rejects(openRecording('/dev/null', { format: 'csv' }), device);
  });

  test('is read no further once the reader is told to stop', async () => {
    const file = folder.in('stopped.csv');
    writeFileSync(file, `time,key\n${'1,a\n'.repeat(batchRowsMax + 1)}`);
    const stop = new AbortController();
    const { batches } = await openReads(file, { signal: stop.signal });
    await assert.rejects(async () => {
      for await (const _ of batches()) stop.abort(new RangeError('enough'));
    }, /enough/);
  });
});
