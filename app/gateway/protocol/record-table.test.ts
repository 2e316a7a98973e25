import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawsOf } from '../../../loadtests/workloads/counter-random.ts';
import { createRecordTable } from './record-table.ts';

test('keeps its records in the order of keys, whatever comes and goes, and pages walk it', () => {
  const seed = 11;
  const table = createRecordTable();
  const expected = new Map<string, number>();
  for (let step = 0; step < 3_000; step += 1) {
    const draws = drawsOf(seed, 0, 0, step);
    const kind = draws(0) < 0.5 ? 'posts' : 'profiles';
    const key = `${kind}:${String(Math.floor(draws(1) * 200)).padStart(4, '0')}`;
    if (draws(2) < 0.4) {
      table.remove(key);
      expected.delete(key);
    } else {
      table.put({ key, version: step, json: '{}' });
      expected.set(key, step);
    }
  }
  const sorted = [...expected.keys()].toSorted();
  assert.deepEqual(
    table.all().map(({ key, version }) => [key, version]),
    sorted.map((key) => [key, expected.get(key)]),
  );
  assert.equal(table.size, expected.size);
  for (const prefix of ['posts:', 'profiles:', 'nothing:']) {
    const walked: string[] = [];
    let page = table.page(prefix, '', 7);
    while (page.length > 0) {
      walked.push(...page.map(({ key }) => key));
      page = table.page(prefix, walked.at(-1) ?? '', 7);
    }
    assert.deepEqual(
      walked,
      sorted.filter((key) => key.startsWith(prefix)),
    );
  }
});
