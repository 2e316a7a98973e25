import type { CacheRead } from '../cache/cache.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
import type { PhotoReads } from './photo-reads.ts';
import type { Photo } from './photo-store.ts';

/**
 * Reading photos where likes are counted apart: what the cache has is the count of the column, and what has come on top of it is
 * asked for after the look-up, once for a whole page, of the photos that the viewer may see.
 */
export function withCountsOnTop(reads: PhotoReads, counts: CountsOnTop): PhotoReads {
  const withLikes = createWithLikes();
  return {
    ...reads,
    async read(id, viewerId) {
      const read = await reads.read(id, viewerId);
      if (read === undefined) return undefined;
      const [likes = 0] = await counts.likesOf([id], viewerId);
      return withLikes(read, likes);
    },
    async view(id, viewerId) {
      const read = await reads.read(id, viewerId);
      if (read === undefined) return undefined;
      const [[likes = 0], numberOfViews] = await Promise.all([
        counts.likesOf([id], viewerId),
        counts.countView(id),
      ]);
      const shown = withLikes(read, likes);
      return numberOfViews === undefined ? shown : { ...shown, numberOfViews };
    },
    async readMany(ids, viewerId) {
      const found = await reads.readMany(ids, viewerId);
      const shown = [...new Set(found.flatMap((read) => (read === undefined ? [] : [read.value.id])))];
      const likes = await counts.likesOf(shown, viewerId);
      const likesOf = new Map(shown.map((id, index) => [id, likes[index] ?? 0]));
      return found.map((read) => read && withLikes(read, likesOf.get(read.value.id) ?? 0));
    },
  };
}

/** The same value with the same likes is the same object, by which pages know the JSON that they have made of it. */
function createWithLikes() {
  const counted = new WeakMap<Photo, Photo>();
  return (read: CacheRead<Photo>, likes: number): CacheRead<Photo> => {
    if (likes === 0) return read;
    // Where counts may be lost, more can be taken away than was counted.
    const likeCount = Math.max(0, read.value.likeCount + likes);
    const known = counted.get(read.value);
    if (known?.likeCount === likeCount) return { ...read, value: known };
    const value = { ...read.value, likeCount };
    counted.set(read.value, value);
    return { ...read, value };
  };
}
