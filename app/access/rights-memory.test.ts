import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Relation, RightsChange, RightsSnapshot } from './rights-change.ts';
import { createRightsMemory } from './rights-memory.ts';

const people = [1, 2, 3, 4];
const person = fc.constantFrom(...people);
const pair = fc.tuple(person, person).filter(([from, to]) => from !== to);

/** The rights as storage has them: what is done there, and what the memory of a replica is told. */
function createOracle() {
  const privateIds = new Set<number>();
  const follows = new Set<string>();
  const blocks = new Set<string>();
  const gone = new Set<number>();
  const relationsOf = (pairs: Iterable<string>): Relation[] =>
    [...pairs].map((text) => {
      const [fromId = 0, toId = 0] = text.split('>').map(Number);
      return { fromId, toId };
    });
  return {
    privateIds,
    follows,
    blocks,
    gone,
    followersOf: (id: number): Relation[] => relationsOf(follows).filter(({ toId }) => toId === id),
    snapshot: (): RightsSnapshot => ({
      number: 0,
      privateIds: [...privateIds],
      blocks: relationsOf(blocks),
      follows: relationsOf(follows).filter(({ toId }) => privateIds.has(toId)),
    }),
    maySee(viewer: number | null, owner: number): boolean {
      if (gone.has(owner)) return false;
      if (viewer !== null && (blocks.has(`${viewer}>${owner}`) || blocks.has(`${owner}>${viewer}`)))
        return false;
      return (
        viewer === owner || !privateIds.has(owner) || (viewer !== null && follows.has(`${viewer}>${owner}`))
      );
    },
  };
}

const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom('private' as const, 'public' as const),
    from: person,
    to: fc.constant(0),
  }),
  fc
    .tuple(
      fc.constantFrom('block' as const, 'unblock' as const, 'follow' as const, 'unfollow' as const),
      pair,
    )
    .map(([kind, [from, to]]) => ({ kind, from, to })),
);

const goneMs = 60_000;
const parts = { clock: { now: () => 0 }, goneMs };
const isGone = (personId: number): RightsChange => ({
  number: 1,
  kind: 'gone',
  personId,
  otherId: 0,
  tokenHash: '',
});

describe('the memory of rights', () => {
  it('agrees with storage after any changes, told one by one, twice, or read at once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const oracle = createOracle();
        const told = createRightsMemory(parts);
        for (const { kind, from, to } of steps) {
          const isOfPrivate = oracle.privateIds.has(to);
          const text = `${from}>${to}`;
          if (kind === 'private') oracle.privateIds.add(from);
          if (kind === 'public') oracle.privateIds.delete(from);
          if (kind === 'follow') oracle.follows.add(text);
          if (kind === 'unfollow') oracle.follows.delete(text);
          if (kind === 'block') oracle.blocks.add(text);
          if (kind === 'unblock') oracle.blocks.delete(text);
          // Follows of who is not private are in no log.
          if (kind.endsWith('follow') && !isOfPrivate) continue;
          const change: RightsChange = { number: 0, kind, personId: from, otherId: to, tokenHash: '' };
          for (let times = 0; times < 2; times += 1) told.apply(change, oracle.followersOf(from));
        }
        const read = createRightsMemory(parts);
        read.replace(oracle.snapshot());
        for (const viewer of [null, ...people])
          for (const owner of people)
            for (const memory of [told, read])
              assert.equal(
                memory.maySee(viewer, owner),
                oracle.maySee(viewer, owner),
                `${viewer} sees ${owner}`,
              );
        for (const viewer of [null, ...people]) {
          const seesAll = people.every((owner) => oracle.maySee(viewer, owner));
          if (told.seesEverybody(viewer)) assert.ok(seesAll, `${viewer} does not see everybody`);
        }
        assert.equal(told.relations(), read.relations());
      }),
      { numRuns: 300 },
    );
  });

  it('shows nothing of a person who is gone, to nobody, whatever is read anew afterwards', () => {
    const memory = createRightsMemory(parts);
    memory.apply(isGone(2), []);
    memory.replace({ number: 1, privateIds: [], blocks: [], follows: [] });
    for (const viewer of [null, 1, 2]) {
      assert.equal(memory.maySee(viewer, 2), false);
      assert.equal(memory.mayMeet(viewer, 2), false);
      assert.equal(memory.seesEverybody(viewer), false);
    }
  });

  it('forgets who is gone when no entry of theirs can be left, the last one after as long as all others', () => {
    let nowMs = 0;
    const memory = createRightsMemory({ clock: { now: () => nowMs }, goneMs });
    memory.apply(isGone(2), []);
    nowMs = 1;
    memory.apply(isGone(3), []);
    nowMs = goneMs;
    assert.deepEqual([memory.maySee(1, 2), memory.maySee(1, 3)], [true, false]);
    assert.equal(memory.seesEverybody(1), false);
    nowMs = goneMs + 1;
    assert.equal(memory.seesEverybody(1), true, 'who asks is answered without a look at each owner again');
    memory.apply(isGone(3), []);
    assert.equal(memory.seesEverybody(null), false);
  });
});
