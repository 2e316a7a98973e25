import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { isCandidate } from '../../tests/support/race-candidates.ts';
import { createTwoReplicas } from '../../tests/support/two-replicas.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { policiesOf } from '../classes/system.ts';
import type { CacheParts, QueueTarget } from './assemble-cache.ts';
import type { CacheWrite } from './cache.ts';
import type { ClassPolicy } from './settings/class-policies.ts';
import { strategies } from './strategies/index.ts';
import type { StrategyDefinition } from './strategy.ts';
import { tierStacks } from './tiers/index.ts';

/** Two replicas in which comments are treated by a policy, and photos as the candidate says. */
function setUp(text: string, policy: ClassPolicy) {
  const queues: QueueTarget[] = [];
  const createQueue: CacheParts['createQueue'] = (target) => {
    queues.push(target);
    return { append: async () => true, start: () => {}, flush: async () => {}, stop: async () => {} };
  };
  const stage = createTwoReplicas(text, { policies: new Map([['comments', policy]]), createQueue });
  const comments = createHeldStorage({ name: 'comments' });
  const { a, b, storage } = stage;
  const of = ({ cache }: typeof a) => {
    const photo = cache.register(storage.entity);
    const comment = cache.register(comments.entity);
    return {
      photo: async () => cache.read(photo, 1),
      comment: async () => cache.read(comment, 1),
      comments: async (ids: readonly number[]) => cache.readMany(comment, ids),
    };
  };
  /** As the queue of a replica does with a write that has waited. */
  const applyLater = async ({ store }: CacheWrite<number>) => queues[0]?.onApplied((await store()).changed);
  return { ...stage, comments, applyLater, inA: of(a), inB: of(b) };
}

test('ML-5: a class has a lifetime and a jitter of its own', async () => {
  const { inA, clock } = setUp('cache-aside:tiers=memory,ttl=10s,jitter=0', { ttlMs: 1_000, ttlJitter: 0.5 });
  const [photo, comment] = [await inA.photo(), await inA.comment()];
  // Chance draws 0 here, so that jitter takes nothing away.
  assert.deepEqual(
    [photo, comment].map((read) => (read?.freshUntil ?? 0) - clock.now()),
    [10_000, 1_000],
  );
  clock.advance(1_000);
  assert.deepEqual([(await inA.photo())?.outcome, (await inA.comment())?.outcome], ['local-hit', 'load']);
});

test('ML-5: a class is kept in the tiers that are said of it', async () => {
  const shared = setUp('versioned', { tiers: 'redis' });
  for (const read of [shared.inA.comment, shared.inA.photo]) await read();
  assert.deepEqual(
    [(await shared.inA.comment())?.outcome, (await shared.inA.photo())?.outcome],
    ['shared-hit', 'local-hit'],
  );
  const local = setUp('versioned', { tiers: 'memory' });
  await local.inA.comments([1, 2]);
  assert.equal((await local.inA.comment())?.outcome, 'local-hit');
  assert.equal((await local.inB.comment())?.outcome, 'load', 'the other replica does not find it in redis');
  const nowhere = setUp('versioned', { tiers: 'none' });
  await nowhere.inA.comment();
  assert.deepEqual(
    (await nowhere.inA.comments([1, 1])).map((read) => read?.outcome),
    ['load', 'joined-load'],
  );
});

test('what took an entry says so, and no tier that a policy keeps it out of', async () => {
  const stored = async (text: string, policy: ClassPolicy) => {
    const { inA } = setUp(text, policy);
    return [(await inA.photo())?.storedIn, (await inA.comment())?.storedIn];
  };
  for (const text of ['versioned', 'cache-aside']) {
    assert.deepEqual(await stored(text, { tiers: 'memory' }), ['both', 'local']);
    assert.deepEqual(await stored(text, { tiers: 'redis' }), ['both', 'shared']);
    assert.deepEqual(await stored(text, { tiers: 'none' }), ['both', 'none']);
  }
  assert.deepEqual(await stored('client-tracking', { tiers: 'none' }), ['shared', 'none']);
});

const keptByClass = Object.values<StrategyDefinition>(strategies)
  .filter(({ usesTiers }) => usesTiers)
  .flatMap(({ name }) => tierStacks.map((stack) => [name, stack] as const))
  .map(([name, stack]) => [`${name}:tiers=memory+redis,comments-tiers=${stack}`, stack] as const);
test('a class whose tiers are not refused is found there, with every strategy', async () => {
  const taken = keptByClass.filter(([text]) => isCandidate(text));
  assert.ok(taken.length > 2 * Object.keys(strategies).length);
  for (const [text, stack] of taken) {
    const { inA } = setUp(text, policiesOf(parseCandidate(text).classes).get('comments') ?? {});
    for (const read of [inA.comment, inA.comment]) await read();
    assert.match((await inA.comment())?.outcome ?? '', stack === 'none' ? /^load$/ : /-hit$/, text);
  }
});

for (const text of [
  'versioned:ttl=10s,jitter=0',
  'write-through:ttl=10s,jitter=0',
  'write-behind:ttl=10s,jitter=0',
])
  test(`ML-5: ${text}: a class whose writes invalidate nothing is as it was until its lifetime ends`, async () => {
    const { a, applyLater, inA, inB, storage, comments, clock } = setUp(text, { invalidation: 'ttl' });
    const write = text.startsWith('write-behind') ? applyLater : a.cache.write;
    for (const { photo, comment } of [inA, inB]) for (const read of [photo, comment]) await read();
    for (const written of [storage, comments]) await write(written.write(1));
    for (const { photo, comment } of [inA, inB])
      assert.deepEqual([(await photo())?.version, (await comment())?.version], [2, 1]);
    clock.advance(10_000);
    assert.equal((await inB.comment())?.version, 2);
  });

for (const text of ['versioned', 'write-behind'])
  test(`${text}: what must not be kept is taken out whatever the policy says`, async () => {
    const { a, inA, inB, comments } = setUp(text, { invalidation: 'ttl' });
    for (const { comment } of [inA, inB]) await comment();
    const { changed } = await comments.write(1).store();
    await a.cache.forget(changed);
    for (const { comment } of [inA, inB]) assert.equal((await comment())?.version, 2);
  });

/** The versions that both replicas show of a thing that one of them has deleted: the second write of it. */
const shownAfterDeletion = {
  versioned: [3, 3],
  'write-through': [3, 3],
  'write-behind': [3, 3],
  'cache-aside-delete-first': [3, 3],
  'versioned:tiers=redis': [3, 3],
  'ttl-only': [3, 1],
  'cache-aside:invalidation=ttl': [3, 1],
} as const;
for (const [text, expected] of Object.entries(shownAfterDeletion))
  test(`${text}: what is deleted is taken out wherever somebody tells of it, whatever a class or a strategy spares`, async () => {
    const { a, inA, inB, comments, settle } = setUp(text, { invalidation: 'ttl' });
    for (const { comment } of [inA, inB]) await comment();
    await a.cache.write(comments.write(1));
    assert.equal((await inA.comment())?.version, 1, 'other writes are spared');
    await a.cache.write({ ...comments.write(1), removes: true });
    await settle();
    assert.deepEqual([(await inA.comment())?.version, (await inB.comment())?.version], expected);
  });
