import { createAliasTable } from './alias-table.ts';
import { drawsOf, randomAt, streams } from './counter-random.ts';
import type { Population } from './population.ts';

/** Who follows whom: per person, index 0 for id 1, the ids that they follow. */
export type SocialGraph = { readonly following: readonly (readonly number[])[] };

/** Out-degree is lognormal around this median; people follow dozens, whoever they are. */
const outDegreeMedian = 30;
const outDegreeSigma = 0.9;
/** Nobody follows more than this share of all people. */
const outDegreeShareMax = 0.3;
/** Reciprocity: the share of links whose reverse exists too. */
export const reciprocityTarget = 0.2;
/** Tries to find somebody new before a person follows fewer than drawn. */
const triesPerFollow = 20;

/** The standard normal at two uniform numbers (Box and Muller, 1958). */
function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

/**
 * A directed graph: out-degrees lognormal, in-degrees heavy-tailed because the attractive are chosen more often, and a part
 * of the links returned.
 */
export function createSocialGraph(population: Population): SocialGraph {
  const { seed, people } = population.size;
  const choose = createAliasTable(population.attractiveness);
  const following = Array.from({ length: people }, () => new Set<number>());
  const most = Math.max(1, Math.floor(people * outDegreeShareMax));
  for (const [index, followed] of following.entries()) {
    const draws = drawsOf(seed, 0, streams.outDegree, index);
    const wanted = Math.min(
      most,
      Math.max(1, Math.round(outDegreeMedian * Math.exp(outDegreeSigma * normal(draws(0), draws(1))))),
    );
    for (let link = 0; link < wanted; link += 1) {
      const target = chooseNew(seed, index, link, choose, followed);
      if (target !== null) followed.add(target);
    }
  }
  returnLinks(seed, following);
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

function chooseNew(
  seed: number,
  index: number,
  link: number,
  choose: ReturnType<typeof createAliasTable>,
  followed: ReadonlySet<number>,
): number | null {
  for (let attempt = 0; attempt < triesPerFollow; attempt += 1) {
    const target = choose(drawsOf(seed, link * triesPerFollow + attempt, streams.followed, index)) + 1;
    if (target !== index + 1 && !followed.has(target)) return target;
  }
  return null;
}
