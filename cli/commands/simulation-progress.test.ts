import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { progressToEnd } from './simulation-progress.ts';

test('what took long enough to be told of is summed up in the end: how fast it was, and what it took', () => {
  const clock = createFakeClock();
  const told: string[] = [];
  const signal = new AbortController().signal;
  const reporting = { clock, report: (text: string) => void told.push(text), signal };
  const { onProgress, finished } = progressToEnd(reporting, ' for curves');
  onProgress(1_000);
  finished();
  assert.deepEqual(told, []);
  clock.advance(4_000);
  onProgress(2_000_000);
  finished();
  assert.equal(told[0], '2.0 million events for curves, 500 thousand a second');
  assert.match(
    told[1] ?? '',
    /^2\.0 million events for curves in 4 s, 500 thousand a second; this process has taken \d+\.?\d* MiB of memory at most\.$/,
  );
});
