import { isSpoiledForAll } from '../experiment/whose-fault.ts';
import type { BlockRecord, Pacing, RoundRecord } from '../experiment/records.ts';

/** One finished round: the block of each candidate. */
export type Round = ReadonlyMap<string, BlockRecord>;

/**
 * One round for each that was finished: of a repeated one, its last try. Rounds with an invalid block are left out unless
 * `withSpoiled`: figures of a noisy machine are shown, but nothing is concluded from them.
 */
export function finishedRounds(
  blocks: readonly BlockRecord[],
  candidates: readonly string[],
  { withSpoiled = false }: { readonly withSpoiled?: boolean } = {},
): Round[] {
  const tries = Map.groupBy(
    blocks.filter((block) => block.round > 0),
    (block) => `${block.round}/${block.attempt}`,
  );
  const counts = (block: BlockRecord): boolean => withSpoiled || block.status !== 'invalid';
  const rounds = new Map<number, Round>();
  for (const own of tries.values()) {
    const [first] = own;
    if (first === undefined || own.length !== candidates.length || !own.every(counts)) continue;
    rounds.set(first.round, new Map(own.map((block) => [block.candidate, block] as const)));
  }
  return [...rounds.values()];
}

/**
 * The rounds that figures are made of. Together a round is not spoiled by a candidate that fails: that one gets no verdict,
 * and the others met the same moments all the same. One that was not sent, or began too early, is none of anybody's.
 */
export function countedRounds(
  blocks: readonly BlockRecord[],
  candidates: readonly string[],
  { pacing, isNoisy = false }: { readonly pacing: Pacing; readonly isNoisy?: boolean },
): Round[] {
  if (pacing === 'turns') return finishedRounds(blocks, candidates, { withSpoiled: isNoisy });
  return finishedRounds(blocks, candidates, { withSpoiled: true }).filter(
    (round) => ![...round.values()].some(isSpoiledForAll),
  );
}

/** What was recorded of the rounds that count. */
export function recordsOf<R extends Pick<RoundRecord, 'round'>>(
  all: readonly R[],
  counted: readonly Round[],
): R[] {
  const numbers = new Set(counted.flatMap((round) => [...round.values()].map((block) => block.round)));
  return all.filter(({ round }) => numbers.has(round));
}

/**
 * How many starts of the processes these rounds average over; in turns it is one. A start with more rounds weighs more: seven
 * rounds of one and two of another are worth 1.5 starts.
 */
export function partsOf(rounds: readonly Pick<RoundRecord, 'part'>[]): number {
  const counts = [...Map.groupBy(rounds, ({ part }) => part).values()].map((own) => own.length);
  const squares = counts.reduce((sum, count) => sum + count ** 2, 0);
  return squares === 0 ? 1 : rounds.length ** 2 / squares;
}

/** Differences of a figure between two candidates, round by round; null where one of the two lacks it. */
export function differencesPerRound(
  rounds: readonly Round[],
  figure: (block: BlockRecord) => number | null,
  [candidate, baseline]: readonly [string, string],
): (number | null)[] {
  return rounds.map((round) => {
    const [a, b] = [candidate, baseline].map((name) => {
      const block = round.get(name);
      return block === undefined ? null : figure(block);
    });
    return a === null || a === undefined || b === null || b === undefined ? null : a - b;
  });
}
