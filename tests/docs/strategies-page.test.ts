import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { countCosts } from './counted-costs.ts';
import { readDocComments } from './doc-comments.ts';
import { composePage, pageFile } from './strategies-page.ts';
import { allowedOf, refusedBy, refusedByAll } from './tried-combinations.ts';

test('docs/strategies.md is what the sources give', async () => {
  assert.equal(readFileSync(pageFile, 'utf8'), await composePage(), 'run: npm run docs');
});

test('every strategy and every eviction policy has a doc comment that begins with its name', () => {
  for (const [list, names] of [
    ['strategies', Object.keys(strategies)],
    ['eviction', Object.keys(evictionPolicies)],
  ] as const) {
    const comments = readDocComments(list);
    assert.deepEqual([...comments.keys()].toSorted(), names.toSorted());
    for (const name of names) assert.ok(comments.get(name)?.startsWith(`**${name}**`), name);
  }
});

test('costs are counted: who joins loads, who waits, who answers stale', async () => {
  const [aside, through, lease, stale] = await Promise.all(
    ['cache-aside', 'read-through', 'lease', 'stale-while-revalidate'].map(countCosts),
  );
  assert.deepEqual(
    [aside, through, lease].map((costs) => costs?.stampedeLoads),
    [20, 2, 1],
  );
  assert.deepEqual([through?.waitingAtExpiry, through?.staleAtExpiry], [10, 0]);
  assert.deepEqual([stale?.waitingAtExpiry, stale?.staleAtExpiry, stale?.answersInOutage], [0, 10, true]);
});

test('what excludes an anomaly is found by trying, alone and in pairs', () => {
  const fill = allowedOf('cache-aside').find(({ anomaly }) => anomaly === 'stale-fill');
  assert.deepEqual(fill?.excludedBy, [
    ['protection=lease'],
    ['fence=version'],
    ['tiers=memory', 'protection=single-flight'],
  ]);
  assert.deepEqual(allowedOf('no-cache'), []);
});

test('what is refused is found by trying, with its reason', () => {
  const [[reason, what] = []] = [...refusedBy('versioned')];
  assert.match(String(reason), /fence=version/);
  assert.deepEqual(what, ['fence=none']);
  assert.ok([...refusedByAll('cache-aside').values()].flat().includes('tiers=redis,invalidation=pubsub'));
});
