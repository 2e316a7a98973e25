import type { Histogram } from 'hdr-histogram-js';
// The index loads its WebAssembly, its log format and an inflater besides, for a tenth of what a comparison takes to load.
import { constructorFromBucketSize } from 'hdr-histogram-js/dist/JsHistogramFactory.js';

const CountsOf32Bits = constructorFromBucketSize(32);
const significantDigits = 3;
/** A minute: longer than any request may take. */
const highestUs = 60_000_000;

/** A histogram of microseconds with three significant digits: quantiles are off by 0.1 % at most. */
export function createHistogram(): Histogram {
  const histogram = new CountsOf32Bits(1, highestUs, significantDigits);
  // One that is added to it may hold more.
  histogram.autoResize = true;
  return histogram;
}

/** Records a time; what lies outside of the range counts as its nearest end. */
export function recordUs(histogram: Histogram, us: number): void {
  histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(us))));
}

/** A quantile in milliseconds; null without a histogram or without values in it. */
export function quantileMs(histogram: Histogram | null, quantile: number): number | null {
  if (histogram === null || histogram.totalCount === 0) return null;
  return histogram.getValueAtPercentile(quantile * 100) / 1000;
}

/** All values of several histograms in one. Quantiles are read from it, never averaged. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const merged = createHistogram();
  for (const histogram of histograms) merged.add(histogram);
  return merged;
}

/** Requests that must lie beyond a quantile before it is shown for a block, and for all blocks together. */
export const beyondPerBlockMin = 10;
export const beyondPooledMin = 100;

/** Whether enough requests lie beyond a quantile for it to mean something. */
export function isQuantileKnown(count: number, quantile: number, beyondMin: number): boolean {
  return count * (1 - quantile) >= beyondMin - 1e-9;
}

/** How many more requests a pooled quantile needs; 0 when it has enough. */
export function requestsMissing(count: number, quantile: number): number {
  return Math.max(0, Math.ceil(beyondPooledMin / (1 - quantile) - 1e-9) - count);
}
