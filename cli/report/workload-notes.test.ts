import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWorkload } from './workload-notes.ts';

test('a scenario with spikes says how long they are at this rate; others say nothing', () => {
  assert.deepEqual(describeWorkload({ scenario: 'feed-browsing', rate: 75 }), []);
  assert.deepEqual(describeWorkload({ scenario: 'celebrity', rate: 75 }), [
    'Spikes: a star posts every 8.0 s, and for 4.0 s one photo takes up to 20 % of the reads and 50 % of the likes. Real ones last for minutes: all their times are shortened alike.',
  ]);
});
