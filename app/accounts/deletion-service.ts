import type { RightsChanges } from '../access/access-rights.ts';
import type { Cache } from '../cache/cache.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import type { DeletionStore } from './deletion-store.ts';
import type { ForgetPictures } from './forget-pictures.ts';
import { createTraceRemoval } from './remove-traces.ts';

/** Someone who posts or follows while the account is deleted makes a step fail; then what came is removed as well. */
const passesMax = 5;

export type DeletionService = ReturnType<typeof createDeletionService>;

export type DeletionServiceParts = {
  readonly cache: Cache;
  readonly deletionStore: DeletionStore;
  readonly rightsChanges: RightsChanges;
  readonly forgetPictures: ForgetPictures;
};

/** The version of a row that is gone: every other version is older. */
const goneVersion = Number.MAX_SAFE_INTEGER;

/**
 * Deletes an account with all that it has left: rows, the pictures that no other photo shows, and cached copies, in every strategy.
 * It goes by steps of a few hundred rows; what has failed in the middle goes on from there when it is asked again.
 */
export function createDeletionService(parts: DeletionServiceParts) {
  const { cache, deletionStore, rightsChanges, forgetPictures } = parts;

  const removeTraces = createTraceRemoval({ cache, deletionStore, forgetPictures });
  const forgetOwn = (personId: number): Promise<void> =>
    cache.forget(
      [entityNames.profileGrid, entityNames.followers, entityNames.feed].map((name) => ({
        entity: { name },
        id: personId,
        version: goneVersion,
      })),
    );
  const removeAll = async (personId: number, passes = 1): Promise<boolean> => {
    try {
      await removeTraces(personId);
      return await deletionStore.removePerson(personId);
    } catch (error) {
      if (!(error instanceof DarkroomError) || error.code !== 'ROW_REFUSED') throw error;
      if (passes < passesMax) return removeAll(personId, passes + 1);
      const detail = 'The account is being added to; try again in a moment.';
      throw new DarkroomError('STORAGE_BUSY', detail, { cause: error });
    }
  };
  return {
    /**
     * Answered when nobody can see anything of it any more. Throws NOT_FOUND, or STORAGE_BUSY when it is added to faster than it is
     * deleted.
     */
    async remove(personId: number): Promise<void> {
      const wasThere = await removeAll(personId);
      if (!wasThere) throw new DarkroomError('NOT_FOUND', `There is no person ${personId}.`);
      await forgetOwn(personId);
      await rightsChanges.everywhere();
    },
  };
}
