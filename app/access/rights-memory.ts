import type { Clock } from '../clock.ts';
import type { LastHidings } from './access-rights.ts';
import { createBlocks, createPairs } from './pairs.ts';
import type { Relation, RightsChange, RightsSnapshot } from './rights-change.ts';

/**
 * How many private people, followers of private people and blocks a replica keeps in all, in some 60 MB. Changes that
 * would add one more are refused. What is written by hand, or by several replicas at once, may exceed it; with more
 * than twice as many, a replica gives up and refuses.
 */
export const relationsMax = 1_000_000;

/** People whose accounts were deleted, the newest ones. */
const goneMax = 10_000;

export type RightsMemoryParts = {
  /** The clock of the world, by which entries expire. */
  readonly clock: Clock;
  /**
   * How long people who have deleted their accounts are remembered: for as long as entries live. Their rows
   * are gone by then, but a tier that hears of no write may still have entries that show them. While somebody
   * is remembered, every answer is filtered.
   */
  readonly goneMs: number;
};

export type RightsMemory = ReturnType<typeof createRightsMemory>;

/** The rights themselves, in memory. It does not know whether they are still true: `known-rights.ts` does. */
export function createRightsMemory({ clock, goneMs }: RightsMemoryParts) {
  let privatePeople = new Set<number>();
  let followers = createPairs();
  let blocks = createBlocks();
  /** When each of them was heard of, the oldest first. */
  const gone = new Map<number, number>();
  let lastHidings: LastHidings = { person: 0, account: 0 };

  const isAnybodyGone = (): boolean => {
    if (gone.size === 0) return false;
    const forgottenUntilMs = clock.now() - goneMs;
    for (const [personId, heardAtMs] of gone) {
      if (heardAtMs > forgottenUntilMs) break;
      gone.delete(personId);
    }
    return gone.size > 0;
  };
  const forgetPerson = (personId: number): void => {
    privatePeople.delete(personId);
    followers.deleteAllTo(personId);
    gone.delete(personId);
    gone.set(personId, clock.now());
    for (const oldest of gone.keys()) {
      if (gone.size <= goneMax) break;
      gone.delete(oldest);
    }
  };
  const setPrivacy = (personId: number, isPrivate: boolean, followersOf: readonly Relation[]): void => {
    followers.deleteAllTo(personId);
    if (!isPrivate) return void privatePeople.delete(personId);
    privatePeople.add(personId);
    for (const { fromId, toId } of followersOf) if (toId === personId) followers.add(fromId, toId);
  };
  const mayMeet = (viewerId: number | null, personId: number): boolean => {
    if (isAnybodyGone() && gone.has(personId)) return false;
    return viewerId === null || !blocks.concern(viewerId) || !blocks.separate(viewerId, personId);
  };

  return {
    maySee(viewerId: number | null, ownerId: number): boolean {
      if (!mayMeet(viewerId, ownerId)) return false;
      if (viewerId === ownerId || privatePeople.size === 0 || !privatePeople.has(ownerId)) return true;
      return viewerId !== null && followers.has(viewerId, ownerId);
    },
    mayMeet,
    seesEverybody: (viewerId: number | null): boolean =>
      privatePeople.size === 0 && !isAnybodyGone() && (viewerId === null || !blocks.concern(viewerId)),
    isPrivate: (personId: number): boolean => privatePeople.has(personId),
    relations: (): number => privatePeople.size + followers.size() + blocks.size(),
    lastHidings: (): LastHidings => lastHidings,
    replace({ number, privateIds, blocks: blocked, follows }: RightsSnapshot): void {
      lastHidings = { ...lastHidings, person: number };
      privatePeople = new Set(privateIds);
      followers = createPairs();
      blocks = createBlocks();
      for (const { fromId, toId } of follows) followers.add(fromId, toId);
      for (const { fromId, toId } of blocked) blocks.set(fromId, toId, true);
    },
    /** `followersOf`: the followers of people who have become private, read after they have. */
    apply({ number, kind, personId, otherId }: RightsChange, followersOf: readonly Relation[]): void {
      if (kind === 'private' || kind === 'public') setPrivacy(personId, kind === 'private', followersOf);
      if (kind === 'follow') followers.add(personId, otherId);
      if (kind === 'unfollow') followers.delete(personId, otherId);
      if (kind === 'block' || kind === 'unblock') blocks.set(personId, otherId, kind === 'block');
      if (kind === 'gone') forgetPerson(personId);
      if (kind === 'private') lastHidings = { ...lastHidings, person: number };
      if (kind === 'gone') lastHidings = { person: number, account: number };
    },
  };
}
