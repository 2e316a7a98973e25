import { blobNameOf, blobNamesOf, wholeEdge } from '../contract/renditions.ts';
import type { RenditionEdge, RenditionFormat } from '../contract/renditions.ts';
import { DarkroomError } from '../errors.ts';
import { digestOf } from '../storage/blob-store.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { decodePhoto, inspectPhoto } from './decode-photo.ts';
import type { Pixels } from './decode-photo.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { encodeWhole, makeRenditions } from './make-renditions.ts';

/** Decodes run on the threads that files are read with, of which there are four: two are left to the reads of images. */
const decodesMax = 2;
/** At half a second for a large one, the last in line is decoded within ten seconds. */
const waitingMax = 32;

/** A photo whose pictures are kept, under the digest of the largest of them as a JPEG. */
export type KeptPhoto = { readonly digest: string; readonly widthPx: number; readonly heightPx: number };

export type RenditionService = ReturnType<typeof createRenditionService>;

/** Makes the renditions of photos, keeps and reads them. All decodes together keep within `decodeBytesMax`. */
export function createRenditionService(blobs: BlobStore, decodeBytesMax: number) {
  const withPixels = createDecoder(decodeBytesMax);

  const keepAll = async (digest: string, whole: Buffer, pixels: Pixels): Promise<void> => {
    const renditions = await makeRenditions(pixels, whole);
    await Promise.all(
      renditions.map(({ edge, format, bytes }) => blobs.put(blobNameOf(digest, edge, format), bytes)),
    );
    // The whole comes last: where it is, its renditions are.
    await blobs.put(digest, whole);
  };

  /** Pictures that were kept before there were renditions get them when they are first asked for. */
  const catchUp = createCatchUp((digest, whole) =>
    withPixels(whole, (pixels) => keepAll(digest, whole, pixels)),
  );

  return {
    /**
     * Decodes an upload and keeps its renditions; what was sent is never stored. Throws NOT_A_JPEG, BROKEN_JPEG, BROKEN_PHOTO or
     * PHOTO_TOO_LARGE for what cannot be taken, and OVERLOADED when too many wait.
     */
    keep: (upload: Buffer): Promise<KeptPhoto> =>
      withPixels(upload, async (pixels) => {
        const whole = await encodeWhole(pixels);
        const digest = digestOf(whole);
        if (!(await blobs.has(digest))) await keepAll(digest, whole, pixels);
        return { digest, widthPx: pixels.widthPx, heightPx: pixels.heightPx };
      }),

    /** Keeps an image as it is, with renditions made of it. For images of our own. */
    keepAsIs: (whole: Buffer): Promise<void> =>
      withPixels(whole, (pixels) => keepAll(digestOf(whole), whole, pixels)),

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

/** What would be the fault of an upload is not that of a request for an image. */
function refuseStored(error: unknown): never {
  if (!(error instanceof DarkroomError) || error.status >= 500) throw error;
  const detail = 'What is stored of this photo cannot be read.';
  throw new DarkroomError('OBJECT_STORE_UNAVAILABLE', detail, { cause: error });
}
