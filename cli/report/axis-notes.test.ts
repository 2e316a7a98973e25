import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candidate } from '../../app/candidates/candidate.ts';
import { parseOver } from '../../app/candidates/parse-candidate.ts';
import { wholeNumber } from '../../app/contract/axis-kinds.ts';
import type { Axes } from '../../app/contract/axis.ts';
import type { SystemDefinition } from '../../app/contract/system.ts';
import { systems } from '../../app/systems.ts';
import { describeUnexercisedAxes } from './axis-notes.ts';

const axes = {
  depth: { field: 'depth', meaning: 'how deep', fallback: 1, matters: ['uploads'], ...wholeNumber(1, 9) },
  width: { field: 'width', meaning: 'how wide', fallback: 1, matters: 'all', ...wholeNumber(1, 9) },
} as const satisfies Axes;
const toy: SystemDefinition<typeof axes> = {
  name: 'toy',
  summary: 'does nothing',
  axes,
  refuses: () => null,
  redisUses: () => [],
  figures: [],
};
const two = { ...systems, toy };

/** With the role that each has by its place: baseline, candidates, control. */
const notesOf = (texts: readonly string[]): string[] => {
  const candidates = texts.map((label, index) => {
    const candidate: Candidate = parseOver(two, label);
    const role = index === 0 ? 'baseline' : index === texts.length - 1 ? 'control' : 'candidate';
    return { label, role, candidate } as const;
  });
  return describeUnexercisedAxes({ candidates, scenario: 'feed-browsing' }, two);
};

test('what a candidate chose on an axis that the scenario does not exercise is said, once for each', () => {
  assert.deepEqual(notesOf(['depth=2', 'ttl=5s,depth=3,width=2', 'width=2', 'depth=2']), [
    'Not exercised: depth=2 has depth, an axis that matters to other scenarios than feed-browsing.',
    'Not exercised: ttl=5s,depth=3,width=2 has depth, an axis that matters to other scenarios than feed-browsing.',
  ]);
});

test('nothing is said of axes at their defaults', () => {
  assert.deepEqual(notesOf(['no-cache', 'depth=1', 'versioned:ttl=5s', 'no-cache']), []);
});
