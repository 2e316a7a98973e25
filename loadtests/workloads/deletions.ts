import { randomAt, streams } from './counter-random.ts';
import { requestsPerDeletion } from './operation-mix.ts';
import type { MixName } from './operation-mix.ts';

/**
 * Which requests of a pass delete a photo: one in each stretch of as many as the mix has for one deletion, at a place that chance
 * decides. So the number of a deletion in its pass is known without counting, and so is the photo that it takes.
 */
export function createDeletions(
  seed: number,
  mix: MixName,
): (pass: number, index: number) => { readonly deletion: number } | null {
  const stretch = requestsPerDeletion(mix);
  return (pass, index) => {
    const deletion = Math.floor(index / stretch);
    const place = Math.floor(randomAt(seed, pass, streams.deletions, deletion) * stretch);
    return index % stretch === place ? { deletion } : null;
  };
}
