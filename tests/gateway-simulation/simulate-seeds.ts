import type { Behaviour } from './behaviour.ts';
import { simulate } from './simulate.ts';
import type { Simulated } from './simulate.ts';

/** What many seeds showed. */
export type SimulatedSeeds = {
  readonly failed: readonly Simulated[];
  readonly reads: number;
  readonly staleReads: number;
  readonly refusals: number;
  readonly acknowledgedWrites: number;
  readonly epochs: number;
  readonly text: string;
};

export function simulateSeeds(from: number, count: number, behaviour: Behaviour): SimulatedSeeds {
  const failed: Simulated[] = [];
  const sums = { reads: 0, staleReads: 0, refusals: 0, acknowledgedWrites: 0, epochs: 0 };
  for (let seed = from; seed < from + count; seed += 1) {
    const simulated = simulate(seed, behaviour);
    if (simulated.violations.length > 0) failed.push(simulated);
    const { reads, staleReads, refusals, acknowledgedWrites } = simulated.counts;
    sums.reads += reads;
    sums.staleReads += staleReads;
    sums.refusals += refusals;
    sums.acknowledgedWrites += acknowledgedWrites;
    sums.epochs += simulated.epochs;
  }
  const text =
    `${count} seeds, ${sums.epochs} terms of leaders, ${sums.acknowledgedWrites} acknowledged writes, ` +
    `${sums.reads} consistent reads, ${sums.staleReads} stale reads, ${sums.refusals} refusals, ` +
    `${failed.length} seeds with a broken promise`;
  return { failed, ...sums, text };
}
