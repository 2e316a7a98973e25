import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DarkroomError } from '../errors.ts';

/**
 * Stores bytes under names that are made of the digest of a picture. A blob never changes, so that a name that is there keeps
 * its bytes. All reject with OBJECT_STORE_UNAVAILABLE when the place where blobs lie cannot be reached, written or read.
 */
export type BlobStore = {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is no such blob. */
  get(name: string): Promise<Buffer | null>;
  has(name: string): Promise<boolean>;
  /** Does nothing when there is no such blob. */
  remove(name: string): Promise<void>;
  /** Lets go of connections. */
  close(): void;
};

/** The SHA-256 of bytes, lower-case hex: the name of what is stored under its own content. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Blobs as files, a folder per first byte of the digest. A half-written blob is never seen: temporary file, then rename. */
export function createFileBlobs(folder: string): BlobStore {
  const pathOf = (name: string): string => join(folder, name.slice(0, 2), name);
  const has = async (name: string): Promise<boolean> => (await nullWhenAbsent(access(pathOf(name)))) !== null;
  return {
    async put(name, bytes) {
      if (!(await has(name))) await writeWhole(pathOf(name), bytes);
    },
    get: (name) => nullWhenAbsent(readFile(pathOf(name))),
    has,
    remove: (name) =>
      rm(pathOf(name), { force: true }).catch((error: unknown) => {
        throw blobsUnavailable(error);
      }),
    close: () => {},
  };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, bytes, { flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    // A place that cannot be written may not let go either: what failed first is what is told.
    await rm(draft, { force: true }).catch(() => {});
    throw blobsUnavailable(error);
  }
}

export const blobsUnavailable = (cause: unknown) =>
  new DarkroomError('OBJECT_STORE_UNAVAILABLE', 'Images cannot be had or kept now; try again in a moment.', {
    cause,
  });

async function nullWhenAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw blobsUnavailable(error);
  }
}
