import type { BlobStore } from '../storage/blob-store.ts';
import type { RenditionService } from './rendition-service.ts';

/** No route answers what has such a name. */
const asideNameOf = (digest: string): string => `aside-${digest}`;

/** Takes pictures away, so that they can be had back for a while: the whole lies under another name then. */
export function createPicturesAside(
  blobs: Pick<BlobStore, 'get' | 'put' | 'remove'>,
  renditions: Pick<RenditionService, 'keepAsIs' | 'remove'>,
) {
  const removeForGood = (digest: string): Promise<void> => blobs.remove(asideNameOf(digest));
  return {
    async setAside(digest: string): Promise<void> {
      const whole = await blobs.get(digest);
      if (whole !== null) await blobs.put(asideNameOf(digest), whole);
      await renditions.remove(digest);
    },
    async putBack(digest: string): Promise<void> {
      const whole = await blobs.get(asideNameOf(digest));
      if (whole === null) return;
      await renditions.keepAsIs(whole);
      await removeForGood(digest);
    },
    removeForGood,
  };
}
