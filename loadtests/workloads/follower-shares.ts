import { celebritiesOf } from './celebrities.ts';
import { streams } from './counter-random.ts';
import { meanOutDegree } from './out-degree.ts';
import { createPermutation } from './permutation.ts';
import type { PopulationSize } from './population-size.ts';

/** Power law of the in-degree; between 1.8 and 2.3 in published crawls. */
const degreeExponent = 2;
/** The largest part of all people that may follow one person who is not a celebrity. */
const ordinaryShareMax = 0.4;
/** Halvings of the interval that the scale lies in: more than a number has digits for. */
const scaleSteps = 50;

/**
 * The part of all people that is meant to follow each person; index 0 is id 1. In the mean it is the part that people follow, so
 * that links and followers agree.
 */
export function followerSharesOf(size: PopulationSize): number[] {
  const { seed, people, followers } = size;
  const mean = meanOutDegree(size) / people;
  if (followers === 'even') return Array.from({ length: people }, () => mean);
  // The law itself and not a sample of it: chance decides only who has which place in it, so that no seed has a flatter tail.
  const placeOf = createPermutation(people, seed, streams.followerShare);
  const tail = Array.from(
    { length: people },
    (_, index) => (1 - (placeOf(index) + 0.5) / people) ** (-1 / (degreeExponent - 1)),
  );
  const celebrities = celebritiesOf(size);
  for (const { id } of celebrities) tail[id - 1] = 0;
  const ofCelebrities = celebrities.reduce((sum, { share }) => sum + share, 0);
  const scale = scaleTo(mean * people - ofCelebrities, tail);
  const shares = tail.map((weight) => Math.min(ordinaryShareMax, weight * scale));
  for (const { id, share } of celebrities) shares[id - 1] = share;
  return shares;
}

/** What the weights are multiplied by, so that with none above the bound they sum to what is wanted, or come near to it. */
function scaleTo(wanted: number, weights: readonly number[]): number {
  let [low, high] = [0, ordinaryShareMax];
  for (let step = 0; step < scaleSteps; step += 1) {
    const scale = (low + high) / 2;
    const sum = weights.reduce((total, weight) => total + Math.min(ordinaryShareMax, weight * scale), 0);
    if (sum < wanted) low = scale;
    else high = scale;
  }
  return high;
}
