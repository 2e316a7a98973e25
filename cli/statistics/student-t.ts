import jstat from 'jstat';

/** Quantile of Student's t distribution; degrees of freedom need not be whole. */
export function tQuantile(probability: number, freedom: number): number {
  return jstat.studentt.inv(probability, freedom);
}

/**
 * The chance of a t at least this far from 0, on either side. As an incomplete beta function it keeps its digits in the far
 * tail, where a distribution function next to 0 loses them.
 */
export function twoSidedP(t: number, freedom: number): number {
  return jstat.ibeta(freedom / (freedom + t ** 2), freedom / 2, 0.5);
}
