import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tierNames } from '../../app/cache/tiers/index.ts';
import { tierParts } from '../../dashboards/series-colours.ts';

test('boards and the live page show what each kind of tier answers, in a colour of its own', () => {
  assert.deepEqual(tierParts, tierNames);
});
