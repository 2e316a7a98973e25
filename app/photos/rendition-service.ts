import { blobNameOf, blobNamesOf, wholeEdge } from '../contract/renditions.ts';
import type { RenditionEdge, RenditionFormat } from '../contract/renditions.ts';
import { DarkroomError } from '../errors.ts';
import { digestOf } from '../storage/blob-store.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Pixels } from './decode-photo.ts';
import { createMemoryBudget } from './memory-budget.ts';
import type { Rendition } from './make-renditions.ts';

/** Decodes run on the threads that files are read with, of which there are four: two are left to the reads of images. */
const decodesMax = 2;
/** At half a second for a large one, the last in line is decoded within ten seconds. */
const waitingMax = 32;

/** Loaded with the first photo, of which most processes never see one: sharp and libvips take a tenth of what a process takes to start. */
const loadDecoder = () => import('./decode-photo.ts');
const loadEncoder = () => import('./make-renditions.ts');

/** A photo whose pictures are kept, under the digest of the largest of them as a JPEG. */
export type KeptPhoto = { readonly digest: string; readonly widthPx: number; readonly heightPx: number };

export type RenditionService = ReturnType<typeof createRenditionService>;

/** Makes the renditions of photos, keeps and reads them. All decodes together keep within `decodeBytesMax`. */
export function createRenditionService(blobs: BlobStore, decodeBytesMax: number) {
  const withPixels = createDecoder(decodeBytesMax);

  const putAll = async (digest: string, whole: Buffer, renditions: readonly Rendition[]): Promise<void> => {
    await Promise.all(
      renditions.map(({ edge, format, bytes }) => blobs.put(blobNameOf(digest, edge, format), bytes)),
    );
    // The whole comes last: where it is, its renditions are.
    await blobs.put(digest, whole);
  };

  /** They are put when others are decoded already: where blobs lie may be far away. */
  const keepAll = async (digest: string, whole: Buffer): Promise<void> =>
    putAll(
      digest,
      whole,
      await withPixels(whole, async (pixels) => (await loadEncoder()).makeRenditions(pixels, whole)),
    );

  const encode = async (pixels: Pixels) => {
    const { encodeWhole, makeRenditions } = await loadEncoder();
    const whole = await encodeWhole(pixels);
    const digest = digestOf(whole);
    // To ask costs less than to encode what is there already.
    const renditions = (await blobs.has(digest)) ? null : await makeRenditions(pixels, whole);
    return { whole, renditions, photo: { digest, widthPx: pixels.widthPx, heightPx: pixels.heightPx } };
  };

  /** Pictures that were kept before there were renditions get them when they are first asked for. */
  const catchUp = createCatchUp(keepAll);

  return {
    /**
     * Decodes an upload and keeps its renditions; what was sent is never stored. Throws NOT_A_JPEG, BROKEN_JPEG, BROKEN_PHOTO or
     * PHOTO_TOO_LARGE for what cannot be taken, and OVERLOADED when too many wait.
     */
    async keep(upload: Buffer): Promise<KeptPhoto> {
      const { photo, whole, renditions } = await withPixels(upload, encode);
      if (renditions !== null) await putAll(photo.digest, whole, renditions);
      return photo;
    },

    /** Keeps an image as it is, with renditions made of it. For images of our own. */
    keepAsIs: (whole: Buffer): Promise<void> => keepAll(digestOf(whole), whole),

    /** Null when there is no such photo. */
    async read(digest: string, edge: RenditionEdge, format: RenditionFormat): Promise<Buffer | null> {
      const name = blobNameOf(digest, edge, format);
      const found = await blobs.get(name);
      if (found !== null || name === digest) return found;
      const whole = await blobs.get(digest);
      if (whole === null) return null;
      await catchUp(digest, whole);
      return blobs.get(name);
    },

    has: (digest: string): Promise<boolean> => blobs.has(digest),

    /** Removes every picture of a photo, the whole first: nobody then takes the others for whole. */
    async remove(digest: string): Promise<void> {
      await blobs.remove(digest);
      await Promise.all(blobNamesOf(digest).map((name) => blobs.remove(name)));
    },
  };
}

/** Decodes images and works on their pixels, while the memory that both take is reserved. */
function createDecoder(decodeBytesMax: number) {
  const budget = createMemoryBudget({
    name: 'photos that are decoded',
    bytesMax: decodeBytesMax,
    workersMax: decodesMax,
    waitingMax,
  });
  return async <T>(bytes: Buffer, work: (pixels: Pixels) => Promise<T>): Promise<T> => {
    const { decodePhoto, inspectPhoto } = await loadDecoder();
    const { format, decodeBytes } = await inspectPhoto(bytes, decodeBytesMax);
    return budget.run(decodeBytes, async () => work(await decodePhoto(bytes, format, wholeEdge)));
  };
}

/** Joins those who ask for the renditions of the same photo. */
function createCatchUp(make: (digest: string, whole: Buffer) => Promise<void>) {
  const underWay = new Map<string, Promise<void>>();
  return (digest: string, whole: Buffer): Promise<void> => {
    const known = underWay.get(digest);
    if (known !== undefined) return known;
    const made = make(digest, whole)
      .catch(refuseStored)
      .finally(() => underWay.delete(digest));
    underWay.set(digest, made);
    return made;
  };
}

/**
 * Throws what a request for a stored image is answered with: an error that would be the fault of an upload is not the
 * fault of whoever asks for the image.
 */
function refuseStored(error: unknown): never {
  if (!(error instanceof DarkroomError) || error.status >= 500) throw error;
  const detail = 'What is stored of this photo cannot be read.';
  throw new DarkroomError('OBJECT_STORE_UNAVAILABLE', detail, { cause: error });
}

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
