import type { DeletionStore } from './deletion-store.ts';

/** Removes the pictures of these digests that no photo shows. */
export type ForgetPictures = (digests: readonly string[]) => Promise<void>;

/** Pictures that are looked up at once. */
const digestsAtOnce = 500;
/** An upload that has found its picture there has stored its row by then, or has failed. */
const uploadEndsMs = 5_000;

/** The pictures of photos, by the digest of the whole one. */
export type Pictures = {
  /** Null when there is no such picture. */
  readonly whole: (digest: string) => Promise<Buffer | null>;
  readonly keep: (whole: Buffer) => Promise<unknown>;
  readonly remove: (digest: string) => Promise<void>;
};

export type ForgetPicturesParts = {
  readonly deletionStore: Pick<DeletionStore, 'unusedAmong'>;
  readonly pictures: Pictures;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

/**
 * The same picture may be uploaded by somebody else in this moment, and be found there just before it is removed. So each one is
 * held for as long as that takes, and put back if a photo shows it then.
 */
export function createForgetPictures(parts: ForgetPicturesParts): ForgetPictures {
  const { deletionStore, pictures, wait, runInBackground } = parts;

  const putBackIfUsed = async (digest: string, whole: Buffer): Promise<void> => {
    await wait(uploadEndsMs);
    if ((await deletionStore.unusedAmong([digest])).length === 0) await pictures.keep(whole);
  };
  return async (digests) => {
    for (let from = 0; from < digests.length; from += digestsAtOnce)
      for (const digest of await deletionStore.unusedAmong(digests.slice(from, from + digestsAtOnce))) {
        const whole = await pictures.whole(digest);
        await pictures.remove(digest);
        if (whole !== null) runInBackground('a picture that may be used', putBackIfUsed(digest, whole));
      }
  };
}
