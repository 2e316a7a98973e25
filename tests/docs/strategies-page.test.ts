import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { countCosts } from './counted-costs.ts';
import { readDocComments } from './doc-comments.ts';
import { composePage, pageFile } from './strategies-page.ts';

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

test('a strategy lists what it allows, which choice takes it away or adds it, and what it refuses, with its reason', async () => {
  const page = (await composePage()).replaceAll('\n  ', ' ');
  const sectionOf = (name: string): string => page.split(`\n### ${name}\n`)[1]?.split('\n### ')[0] ?? '';
  assert.match(sectionOf('cache-aside'), /^- \[stale-fill\]\(#stale-fill\), unless .*`fence=version`$/m);
  assert.match(sectionOf('versioned'), /^- \[lost-invalidation\]\(.*\), with `invalidation=ttl`$/m);
  assert.match(sectionOf('versioned'), /^- `fence=none`: versioned is cache-aside with fence=version\.$/m);
  assert.doesNotMatch(
    sectionOf('lease'),
    /stale-fill/,
    'the strategy it is made of allows it, a lease never does',
  );
  assert.match(sectionOf('no-cache'), /^Allows nothing\.$/m);
});
