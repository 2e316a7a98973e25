import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partColours } from '../../../dashboards/series-colours.ts';
import type { ChartFacts } from './live-facts.ts';
import { linesOf } from './live-legend.ts';

const chart: ChartFacts = {
  id: 'hit-ratio',
  title: 'How many reads do not wait for storage?',
  unit: 'share',
  description: '',
  isStacked: false,
  labels: ['hit ratio', 'memory', 'redis'],
  colours: [null, partColours.memory, partColours.redis],
};

test('a part keeps its colour on every chart, for each candidate; anything else has one that is unlike theirs', () => {
  for (const candidates of [['a'], ['a', 'b']])
    for (const candidate of candidates)
      assert.deepEqual(
        linesOf(chart, candidates)
          .filter((line) => line.candidate === candidate)
          .map(({ colour }) => colour),
        ['--series-3', partColours.memory, partColours.redis],
      );
});
