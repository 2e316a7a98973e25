import type { RightsChanges } from '../access/access-rights.ts';
import { DarkroomError } from '../errors.ts';
import type { PrivacyStore } from './privacy-store.ts';

export type PrivacyService = ReturnType<typeof createPrivacyService>;

export type PrivacyServiceParts = {
  readonly rightsChanges: RightsChanges;
  readonly privacyStore: PrivacyStore;
};

/**
 * A private person's photos are for followers, and whoever wants to follow has to ask. Those who follow
 * already stay.
 */
export function createPrivacyService({ rightsChanges, privacyStore }: PrivacyServiceParts) {
  return {
    /** Throws NOT_FOUND, RIGHTS_FULL or RIGHTS_UNKNOWN. */
    async change(personId: number, isPrivate: boolean): Promise<void> {
      const followers = await privacyStore.followerCount(personId);
      if (followers === undefined) throw new DarkroomError('NOT_FOUND', `There is no person ${personId}.`);
      if (isPrivate) rightsChanges.requireRoom(1 + followers);
      await privacyStore.change(personId, isPrivate);
      await rightsChanges.everywhere();
    },
  };
}
