import type { Cache, ChangedKey } from '../cache/cache.ts';
import { changedBy } from '../cached-entities.ts';
import type { ChangedComments, DeletionStore } from './deletion-store.ts';
import type { ForgetPictures } from './forget-pictures.ts';

export type TraceRemovalParts = {
  readonly cache: Pick<Cache, 'forget'>;
  readonly deletionStore: DeletionStore;
  readonly forgetPictures: ForgetPictures;
};

const commented = ({ id, version, commentsVersion }: ChangedComments) =>
  changedBy('comment', { photo: { id, version }, comments: { id, version: commentsVersion } });

/** Removes what others see of a person, with the entries that show it. */
export function createTraceRemoval({ cache, deletionStore, forgetPictures }: TraceRemovalParts) {
  /** Some rows at a time, until none is left. */
  const empty = async <Row>(
    remove: () => Promise<readonly Row[]>,
    keysOf: (row: Row) => readonly ChangedKey[],
  ): Promise<void> => {
    for (let isMore = true; isMore;) {
      const rows = await remove();
      await cache.forget(rows.flatMap(keysOf));
      isMore = rows.length > 0;
    }
  };
  const noKeys = () => [];
  /** All that others see of the person. Pictures lose their rows before they go; those that a former attempt has left go as well. */
  return async (personId: number): Promise<void> => {
    await empty(() => deletionStore.hidePhotos(personId), commented);
    await empty(() => deletionStore.removeHiddenPhotos(personId), noKeys);
    await forgetPictures();
    await empty(() => deletionStore.removeComments(personId), commented);
    await empty(
      () => deletionStore.removeLikes(personId),
      (photo) => changedBy('like', { photo }, deletionStore.areCountsApart),
    );
    await empty(
      () => deletionStore.removeFollowing(personId),
      (followers) => changedBy('unfollow', { followers }),
    );
    await empty(() => deletionStore.removeFollowers(personId), noKeys);
    await empty(() => deletionStore.removeActivity(personId), noKeys);
  };
}
