import type { Clock } from '../clock.ts';
import type { ForgottenPicturesStore } from './forgotten-pictures-store.ts';

/** Removes the pictures that were noted to be forgotten and that no photo shows. */
export type ForgetPictures = () => Promise<void>;

/** Pictures that are looked up at once; each takes about ten requests to a store of objects, one picture after another. */
const picturesAtOnce = 50;
/** What is left waits for the next deletion, or for the next start of a replica. */
const batchesMax = 100;
/** Much longer than a batch takes: whoever has claimed it is dead. */
const claimMs = 60_000;
/** An upload that has found its picture there has stored its row by then, or has failed. */
const uploadEndsMs = 5_000;

/** The pictures of photos, by the digest of the whole one. */
export type Pictures = {
  /** From here on nobody finds the picture. Does nothing when it is set aside already. */
  readonly setAside: (digest: string) => Promise<void>;
  /** Does nothing when the picture is not set aside. */
  readonly putBack: (digest: string) => Promise<void>;
  readonly removeForGood: (digest: string) => Promise<void>;
};

export type ForgetPicturesParts = {
  readonly pictureStore: ForgottenPicturesStore;
  readonly pictures: Pictures;
  /** Of the world. */
  readonly clock: Pick<Clock, 'now'>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

/**
 * The same picture may be uploaded by somebody else in this moment, and be found there just before it is removed. So each one is
 * set aside for as long as that takes, and put back if a photo shows it then. Until that is done it stays noted, whatever dies.
 */
export function createForgetPictures(parts: ForgetPicturesParts): ForgetPictures {
  const { pictureStore, pictures, clock, wait, runInBackground } = parts;

  const settle = async (digests: readonly string[], used: ReadonlySet<string>): Promise<void> => {
    for (const digest of digests)
      await (used.has(digest) ? pictures.putBack(digest) : pictures.removeForGood(digest));
  };
  const lookAgain = async (digests: readonly string[], untilMs: number): Promise<void> => {
    await wait(uploadEndsMs);
    await settle(digests, await pictureStore.usedAmong(digests));
    await pictureStore.finish(digests, untilMs);
  };
  const setAside = async (digests: readonly string[], untilMs: number): Promise<void> => {
    try {
      const used = await pictureStore.usedAmong(digests);
      for (const digest of digests) if (!used.has(digest)) await pictures.setAside(digest);
    } catch (error) {
      runInBackground('pictures that are tried again', pictureStore.release(digests, untilMs));
      throw error;
    }
  };
  return async () => {
    for (let batch = 0; batch < batchesMax; batch += 1) {
      const nowMs = clock.now();
      const untilMs = nowMs + claimMs;
      const digests = await pictureStore.claim(nowMs, untilMs, picturesAtOnce);
      if (digests.length === 0) return;
      await setAside(digests, untilMs);
      runInBackground('pictures that may be used', lookAgain(digests, untilMs));
    }
  };
}
