import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { shareOf } from '../build-rollup-worker.ts';
import { createNamespaces } from './counter-namespaces.ts';
import { countersSystem } from './system.ts';

test('what is counted is counted in rows where nobody says otherwise, and then nothing runs and no Redis is needed', () => {
  const { counters } = parseCandidate('no-cache');
  assert.equal(counters.counter, 'row');
  assert.deepEqual(countersSystem.processes?.(counters), []);
  assert.deepEqual(countersSystem.redisUses(counters), []);
});

test('workers run where counts are rolled up, so many as there are to be', () => {
  const kindsOf = (text: string) => countersSystem.processes?.(parseCandidate(text).counters) ?? [];
  const counts = [
    'counter=eventual',
    'counter=accurate,rollup-workers=3',
    'counter=raw-log',
    'counter=flush',
  ].map((text) => kindsOf(text).map(({ count }) => count));
  assert.deepEqual(counts, [[1], [3], [], []]);
  assert.equal(
    formatCandidate(parseCandidate('counter=eventual,window=5s,coalesce=10s')),
    'cache-aside:counter=eventual,window=5s,coalesce=10s',
  );
});

test('what would mean nothing is refused in words', () => {
  const refusals = {
    'coalesce=1s': /counter=row has none/,
    'counter=flush,queues=2': /counter=flush has none/,
    'counter=best-effort,window=1s': /keeps none/,
    'counter=eventual,flush-every=1s': /counter=flush only/,
    'counter=raw-log,rollup-workers=2': /counter=raw-log has none/,
    'counter=some': /best-effort/,
  };
  for (const [text, reason] of Object.entries(refusals))
    assert.throws(() => parseCandidate(text), reason, text);
});

test('a worker takes the share that its name says, and all of them where it says none', () => {
  assert.deepEqual(shareOf('a-rollup-worker-2', 3), [1]);
  for (const name of ['somebody', 'a-rollup-worker-4', 'worker-0'])
    assert.deepEqual(shareOf(name, 3), [0, 1, 2]);
});

const namespacesOf = (candidate: string, file: unknown, isLab = true, hasRedis = true) =>
  createNamespaces({
    settings: parseCandidate(candidate).counters,
    hasRedis,
    isLab,
    text: file === null ? null : typeof file === 'string' ? file : JSON.stringify(file),
  });

test('the namespaces of the service follow the candidate, and only that of the lab is open', () => {
  const listed = (candidate: string, isLab = true) =>
    [...namespacesOf(candidate, null, isLab).values()].map(
      ({ name, mode, isOpen }) => `${name} ${mode} ${isOpen}`,
    );
  assert.deepEqual(listed('no-cache', false), ['likes row false', 'followers row false', 'views row false']);
  assert.deepEqual(listed('counter=accurate,window=5s'), [
    'likes accurate false',
    'followers accurate false',
    'views best-effort false',
    'lab accurate true',
  ]);
  const lab = namespacesOf('counter=eventual,window=5s,cardinality=low', null).get('lab');
  assert.deepEqual([lab?.acceptLimitMs, lab?.cardinality, lab?.buckets], [5_000, 'low', 4]);
});

test('likes and followers that only Redis knows are kept for years after their last change; views are not', () => {
  const daysKept = ['likes', 'followers', 'views'].map(
    (name) => (namespacesOf('counter=best-effort', null).get(name)?.ttlMs ?? 0) / 86_400_000,
  );
  assert.deepEqual(daysKept, [3_660, 3_660, 7]);
  assert.equal(namespacesOf('counter=eventual', null).get('likes')?.ttlMs, 7 * 86_400_000);
});

test('a file of namespaces is read as it says, and what it leaves out is as usual', () => {
  const own = namespacesOf('counter=eventual', {
    stars: { type: 'accurate', ttlSeconds: 60, isOpen: true },
  }).get('stars');
  assert.deepEqual([own?.mode, own?.ttlMs, own?.isOpen, own?.coalesceMs], ['accurate', 60_000, true, 1_000]);
});

test('a wrong file of namespaces is refused, and the wrong field is named', () => {
  const refusals: readonly (readonly [file: unknown, reason: RegExp])[] = [
    ['{', /no JSON/],
    [[], /object/],
    [{ Stars: { type: 'row' } }, /"Stars" is no name/],
    [{ stars: { type: 'sometimes' } }, /stars\.type takes row, best-effort/],
    [{ stars: {} }, /stars.*type/],
    [{ stars: { type: 'row', buckets: 0 } }, /stars\.buckets/],
    [{ stars: { type: 'row', ttl: 5 } }, /stars\.ttl is unknown/],
    [{ stars: { type: 'row', acceptLimitMs: '5s' } }, /stars\.acceptLimitMs/],
    [{ stars: null }, /stars/],
    ...['likes', 'followers', 'views', 'lab'].map(
      (name) =>
        [{ [name]: { type: 'row', isOpen: true } }, new RegExp(`"${name}" is the service’s own`)] as const,
    ),
  ];
  for (const [file, reason] of refusals)
    assert.throws(
      () => namespacesOf('counter=eventual', file),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'INVALID_CONFIG');
        assert.match(error.message, reason);
        return true;
      },
    );
});

test('a namespace cannot count in a way that its process has no means for', () => {
  assert.throws(
    () => namespacesOf('counter=row', { stars: { type: 'eventual' } }),
    /stars\.type: eventual needs rollup workers/,
  );
  assert.throws(
    () => namespacesOf('counter=row', { stars: { type: 'best-effort' } }, true, false),
    /set REDIS_URL/,
  );
  assert.doesNotThrow(() => namespacesOf('counter=row', { stars: { type: 'raw-log' } }, true, false));
});
