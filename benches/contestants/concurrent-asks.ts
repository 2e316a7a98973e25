import type { Photo } from '../../app/photos/photo-store.ts';
import type { Answer } from './contestant.ts';

export type Ask = (id: number) => Answer<Photo | null | undefined>;

type Extent = { readonly count: number; readonly concurrency: number };

/**
 * Asks for the first `count` ids of a list, which begins anew when it ends, so many at a time; each waits for its answer
 * before the next one. Throws a RangeError when a wrong photo comes back.
 */
export async function askConcurrently(
  ask: Ask,
  ids: Uint32Array,
  { count, concurrency }: Extent,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const id = ids[next % ids.length] as number;
      next += 1;
      const photo = await ask(id);
      if (photo?.id !== id) throw new RangeError(`asked for photo ${id}, got ${photo?.id}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** The same in batches of so many ids. */
export async function askInBatches(
  askMany: (ids: readonly number[]) => Promise<readonly (Photo | null | undefined)[]>,
  ids: Uint32Array,
  { count, concurrency, batch }: Extent & { readonly batch: number },
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const wanted = Array.from({ length: batch }, (_, index) => ids[(next + index) % ids.length] as number);
      next += batch;
      const photos = await askMany(wanted);
      const wrong = wanted.findIndex((id, index) => photos[index]?.id !== id);
      if (wrong >= 0) throw new RangeError(`asked for photo ${wanted[wrong]}, got ${photos[wrong]?.id}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
