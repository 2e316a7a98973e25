import { drawsOf, streams } from './counter-random.ts';
import type { PopulationSize } from './population-size.ts';

/** Out-degree is lognormal around this median; people follow dozens, whoever they are. */
const medianMax = 30;
/**
 * In a small population the median is this share of all people: if everybody followed everybody, nobody could
 * have more followers than others.
 */
const medianShare = 0.035;
const sigma = 0.9;
/** Nobody follows more than this share of all people. */
const shareMax = 0.3;

/** The standard normal at two uniform numbers (Box and Muller, 1958). */
function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

/** How many people somebody sets out to follow, by the index of their id. */
export function outDegreeOf(
  { seed, people }: Pick<PopulationSize, 'seed' | 'people'>,
  index: number,
): number {
  const draws = drawsOf(seed, 0, streams.outDegree, index);
  const median = Math.min(medianMax, people * medianShare);
  const wanted = Math.round(median * Math.exp(sigma * normal(draws(0), draws(1))));
  return Math.min(Math.max(1, Math.floor(people * shareMax)), Math.max(1, wanted));
}

export function meanOutDegree(size: PopulationSize): number {
  let sum = 0;
  for (let index = 0; index < size.people; index += 1) sum += outDegreeOf(size, index);
  return sum / size.people;
}
