import { drawsOf } from '../../loadtests/workloads/counter-random.ts';

/** A burst and the pause after it, seconds. */
export type Burst = { readonly burnMs: number; readonly pauseMs: number };

const shortestMs = 1_000;
const longestMs = 6_000;

/** The n-th burst of a process of foreign load. */
export function burstAt(seed: number, processNumber: number, index: number): Burst {
  const draw = drawsOf(seed, processNumber, 0, index);
  const lengthOf = (number: number) => shortestMs + Math.round(draw(number) * (longestMs - shortestMs));
  return { burnMs: lengthOf(0), pauseMs: lengthOf(1) };
}
