import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Stores bytes under their own SHA-256: the same bytes are stored once, and a stored object never changes. */
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
      await mkdir(join(path, '..'), { recursive: true });
      try {
        await writeFile(draft, bytes, { flag: 'wx' });
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      return digest;
    },
    get: (digest) => nullWhenAbsent(readFile(pathOf(digest))),
    has: async (digest) => (await nullWhenAbsent(access(pathOf(digest)))) !== null,
  };
}

async function nullWhenAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
