import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createRecordingFolder, writeTestRecording } from '../../tests/support/made-recordings.ts';
import type { RecordedEvent } from '../recordings/recording.ts';
import { takeRecordingFigures } from './recording-figures.ts';
import { renderRecordingFigures } from './recording-text.ts';

const folder = createRecordingFolder();
after(folder.remove);

const second = 1_000_000;

/** One text a second: `a` reads object a, `a!` writes it, `a-` removes it; a digit is its size in hundreds of bytes. */
async function figuresOf(
  name: string,
  texts: readonly string[],
  more: readonly Partial<RecordedEvent>[] = [],
) {
  const events = texts.map((text, index): Partial<RecordedEvent> => {
    const [object = '', mark = ''] = text;
    const event = mark === '!' ? 'write' : mark === '-' ? 'remove' : 'read';
    return {
      timeUs: index * second,
      event,
      key: BigInt(object.charCodeAt(0)),
      bytes: event === 'read' ? Number(mark) * 100 : 0,
    };
  });
  writeTestRecording(folder.in(name), [...events, ...more]);
  return takeRecordingFigures(folder.in(name));
}

describe('what is said of a recording', () => {
  test('counts reads, writes, objects and bytes, and what is read once', async () => {
    const last = { timeUs: 20 * second };
    const figures = await figuresOf(
      'counts.parquet',
      ['a1', 'b2', 'a3', 'c0', 'a!', 'b-', 'a1'],
      [
        { ...last, event: 'request', class: 'photoPage' },
        { ...last, key: 0n, outcome: 'bypass' },
        { ...last, key: 97n, class: 'comments', bytes: 50, outcome: 'redis' },
      ],
    );
    assert.deepEqual(figures.events, { read: 7, write: 1, remove: 1, request: 1 });
    assert.deepEqual(figures.outcomes, { '': 5, memory: 0, redis: 1, storage: 0, joined: 0, bypass: 1 });
    assert.equal(figures.reads, 6);
    assert.equal(figures.objects, 4);
    assert.equal(figures.writeShare, 2 / 8);
    assert.equal(figures.seconds, 20);
    // The size that was seen last: 100 of a, 200 of b, 50 of the comments.
    assert.deepEqual(figures.bytes, { objects: 350, read: 750, readsWithoutSize: 1 });
    assert.deepEqual(figures.classes, [
      { name: 'photo', reads: 5 },
      { name: 'comments', reads: 1 },
    ]);
    assert.deepEqual(figures.oneHitWonders, { objects: 3, shareOfObjects: 3 / 4, shareOfReads: 3 / 6 });
    assert.equal(figures.skew, null);
  });

  test('measures how many objects, and how long, lie between two reads of one', async () => {
    // a b a: one other object; then c d e a: three; each with itself.
    const { reuse } = await figuresOf('reuse.parquet', ['a1', 'b1', 'a1', 'c1', 'd1', 'e1', 'a1', 'a1']);
    assert.equal(reuse.reads, 3);
    // Distances 2, 4 and 1; the ages 2, 4 and 1 s.
    assert.deepEqual(reuse.objectsByDoubling, [1, 1, 1]);
    assert.equal(reuse.objects.p50, 2);
    assert.ok(Math.abs((reuse.seconds.p50 ?? 0) - 2) < 0.25);
    assert.ok(Math.abs((reuse.seconds.p99 ?? 0) - 4) < 0.5);
  });

  test('draws popularity over time: who was read in which part of it', async () => {
    const events = Array.from({ length: 600 }, (_, index) => ({
      timeUs: index * second,
      // The first half is for one object, the second for as many as there are reads.
      key: index < 300 ? 1n : BigInt(index),
    }));
    writeTestRecording(folder.in('drift.parquet'), events);
    const figures = await takeRecordingFigures(folder.in('drift.parquet'));
    assert.equal(figures.popularity.length, 60);
    const [first, last] = [figures.popularity[1], figures.popularity.at(-1)];
    assert.deepEqual(first?.shares, [1, 0, 0, 0, 0]);
    assert.equal(first?.newShare, 0);
    assert.equal(last?.shares[0], 0);
    assert.equal(last?.newShare, 1);
    assert.equal(
      figures.popularity.reduce((sum, { reads }) => sum + reads, 0),
      600,
    );
    const text = renderRecordingFigures(figures);
    assert.match(text, /^1st +\|█{30} {30}\| +50\.0 %$/m);
    assert.match(text, /^never read before +\|▁? {29,30}█{29,30}█?\| +50\.2 %$/m);
    assert.match(text, /^read once +99\.7 % of the objects, 50\.0 % of the reads$/m);
  });

  test('finds the skew of reads that follow the law, in the words of people', async () => {
    const events = (function* () {
      let state = 77;
      const random = () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) / 2 ** 32;
      };
      // By the inverse of a continuous law with exponent 1 over 1 to 3,000.
      for (let row = 0; row < 60_000; row += 1)
        yield { timeUs: row, key: BigInt(Math.floor(3_000 ** random())), outcome: 'memory' as const };
    })();
    writeTestRecording(folder.in('skew.parquet'), events);
    const figures = await takeRecordingFigures(folder.in('skew.parquet'));
    assert.ok(figures.skew !== null);
    assert.ok(Math.abs(figures.skew.exponent - 1) < 0.12, JSON.stringify(figures.skew));
    assert.match(
      renderRecordingFigures(figures),
      /^skew +Zipf exponent (0\.9|1\.0)\d+ ± 0\.0\d+ \(95 %\), of the \d+ most read objects with \d+\.\d % of the reads; the law is off by \d+\.\d points at most$/m,
    );
  });
});
