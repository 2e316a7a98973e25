import type { AliasTable } from './alias-table.ts';
import { celebritiesOf } from './celebrities.ts';
import { drawsOf, randomAt, streams } from './counter-random.ts';
import { outDegreeOf } from './out-degree.ts';
import type { PopulationSize } from './population-size.ts';

/**
 * How often a link draws somebody before it gives up, because everybody drawn is followed already: then the
 * person follows one fewer.
 */
const triesPerFollow = 20;

/**
 * The draws that decide whom people follow. Each can be made by itself, in any order, from a table of a few numbers per person:
 * so the planner of requests knows somebody whom a person follows without having the graph. People are named by the index of
 * their id.
 */
export type DrawnFollows = {
  /** Ids of the celebrities that a person follows. */
  readonly celebritiesOf: (index: number) => readonly number[];
  /** The id behind a link of a person; the first one that `isFree` takes; null: none of the tries found one. */
  readonly targetOf: (index: number, link: number, isFree: (id: number) => boolean) => number | null;
  /** How many people a person sets out to follow, celebrities included. */
  readonly countOf: (index: number) => number;
};

/** `choose` draws the index of somebody who is no celebrity. */
export function createDrawnFollows(size: PopulationSize, choose: AliasTable): DrawnFollows {
  const { seed } = size;
  const celebrities = celebritiesOf(size);
  return {
    celebritiesOf: (index) =>
      celebrities
        .filter(({ share }, rank) => randomAt(seed, rank, streams.celebrities, index) < share)
        .map(({ id }) => id)
        .filter((id) => id !== index + 1),
    targetOf(index, link, isFree) {
      for (let attempt = 0; attempt < triesPerFollow; attempt += 1) {
        const id = choose(drawsOf(seed, link * triesPerFollow + attempt, streams.followed, index)) + 1;
        if (id !== index + 1 && isFree(id)) return id;
      }
      return null;
    },
    countOf: (index) => outDegreeOf(size, index),
  };
}

/**
 * Somebody whom a person follows in the seeded graph, by one number in [0, 1). Whoever a link draws first is
 * followed, by this link or by an earlier one, so the graph itself is not needed. Null for the few who follow
 * nobody.
 */
export function followeeAt(follows: DrawnFollows, index: number, u: number): number | null {
  const celebrities = follows.celebritiesOf(index);
  const links = Math.max(celebrities.length, follows.countOf(index));
  const link = Math.floor(u * links);
  return celebrities[link] ?? follows.targetOf(index, link, () => true);
}
