import { createAliasTable } from './alias-table.ts';
import { celebritiesOf } from './celebrities.ts';
import { randomAt, streams } from './counter-random.ts';
import { createDrawnFollows } from './drawn-follows.ts';
import type { Population } from './population.ts';

/** Who follows whom: per person, index 0 for id 1, the ids that they follow. */
export type SocialGraph = { readonly following: readonly (readonly number[])[] };

/** Reciprocity: the share of links whose reverse exists too. */
export const reciprocityTarget = 0.2;
/**
 * The weights by which people are drawn, so that the wanted part of all people follows each. A person who
 * draws often may draw somebody again, so twice the weight brings less than twice the followers. Celebrities
 * are not drawn: whether somebody follows one is decided for each pair.
 */
export function drawingWeights({ size, followerShare }: Population): number[] {
  const weights = followerShare.map((share) => -Math.log(1 - share));
  for (const { id } of celebritiesOf(size)) weights[id - 1] = 0;
  return weights;
}

/**
 * A directed graph: out-degrees lognormal, in-degrees as the population says because people are drawn by them, and a part of the
 * links returned.
 */
export function createSocialGraph(population: Population): SocialGraph {
  const { size } = population;
  const follows = createDrawnFollows(size, createAliasTable(drawingWeights(population)));
  const following = Array.from({ length: size.people }, (_, index) => {
    const followed = new Set(follows.celebritiesOf(index));
    const links = follows.countOf(index);
    for (let link = followed.size; link < links; link += 1) {
      const target = follows.targetOf(index, link, (id) => !followed.has(id));
      if (target !== null) followed.add(target);
    }
    return followed;
  });
  returnLinks(size.seed, following);
  return { following: following.map((followed) => [...followed]) };
}

/**
 * Adds reverse links until reciprocity is at its target. Links that happen to be mutual already count: in a small population
 * they are many.
 */
function returnLinks(seed: number, following: readonly Set<number>[]): void {
  const oneWay: { readonly index: number; readonly link: number; readonly target: number }[] = [];
  let links = 0;
  for (const [index, followed] of following.entries()) {
    links += followed.size;
    for (const [link, target] of [...followed].entries()) {
      if (!following[target - 1]?.has(index + 1)) oneWay.push({ index, link, target });
    }
  }
  // Of x more links each makes two reciprocal: (mutual + 2x) / (links + x) is the target.
  const more = (reciprocityTarget * links - (links - oneWay.length)) / (2 - reciprocityTarget);
  for (const { index, link, target } of oneWay) {
    if (randomAt(seed, 0, streams.reciprocated, index, link) * oneWay.length < more)
      following[target - 1]?.add(index + 1);
  }
}
