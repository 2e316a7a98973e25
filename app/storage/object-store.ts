import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DarkroomError } from '../errors.ts';

/**
 * Stores bytes under their own SHA-256: the same bytes are stored once, and a stored object never changes. All reject with
 * OBJECT_STORE_UNAVAILABLE when the place where they lie cannot be reached, written or read.
 */
export type ObjectStore = {
  /** Returns the digest, lower-case hex. */
  put(bytes: Uint8Array): Promise<string>;
  /** Null when there is no such object. */
  get(digest: string): Promise<Buffer | null>;
  has(digest: string): Promise<boolean>;
};

/** Objects as files, a folder per first byte of the digest. A half-written object is never seen: temporary file, then rename. */
export function createFileStore(folder: string): ObjectStore {
  const pathOf = (digest: string): string => join(folder, digest.slice(0, 2), digest);
  return {
    async put(bytes) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const path = pathOf(digest);
      const draft = `${path}.${randomUUID()}`;
      try {
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(draft, bytes, { flag: 'wx' });
        await rename(draft, path);
      } catch (error) {
        // A place that cannot be written may not let go either: what failed first is what is told.
        await rm(draft, { force: true }).catch(() => {});
        throw unavailable(error);
      }
      return digest;
    },
    get: (digest) => nullWhenAbsent(readFile(pathOf(digest))),
    has: async (digest) => (await nullWhenAbsent(access(pathOf(digest)))) !== null,
  };
}

const unavailable = (cause: unknown) =>
  new DarkroomError('OBJECT_STORE_UNAVAILABLE', 'Images cannot be had or kept now; try again in a moment.', {
    cause,
  });

async function nullWhenAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unavailable(error);
  }
}
