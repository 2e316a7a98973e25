import type { ComparisonResult } from './compare-result.ts';

/** What stands for a figure that could not be had. */
export const unknown = 'n/a';

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(1)}`;

/** A 95 % interval with a space before it; nothing where there is none. */
export function formatInterval({ interval95 }: Pick<ComparisonResult, 'interval95'>): string {
  return interval95 === null ? '' : ` [${signed(interval95[0])}, ${signed(interval95[1])}]`;
}

/** A change in percent with its interval. The sign is in the symbol and in the number, so that no colour is needed. */
export function formatChange(comparison: Pick<ComparisonResult, 'changePct' | 'interval95'>): string {
  const { changePct } = comparison;
  if (changePct === null) return unknown;
  const symbol = changePct < 0 ? '▼' : changePct > 0 ? '▲' : '=';
  return `${symbol} ${signed(changePct)} %${formatInterval(comparison)}`;
}

/** The figure that verdicts rest on, as a headline names it. */
export function nameMetric(metric: string): string {
  if (metric === 'request') return 'same-request change';
  return `${metric} response time`;
}

/** What changed, in words: `the same request takes 28.1 % less time than with no-cache`. */
export function describeChange({ metric, changePct, baseline }: ComparisonResult): string {
  const size = changePct === null ? 0 : Math.abs(changePct);
  const amount = `${size.toFixed(size < 100 ? 1 : 0)} %`;
  const isLess = (changePct ?? 0) < 0;
  const isSame = size < 0.05;
  if (metric === 'request') {
    if (isSame) return `the same request takes as long as with ${baseline}`;
    return `the same request takes ${amount} ${isLess ? 'less' : 'more'} time than with ${baseline}`;
  }
  if (isSame) return `its ${nameMetric(metric)} is that of ${baseline}`;
  return `its ${nameMetric(metric)} is ${amount} ${isLess ? 'lower' : 'higher'} than that of ${baseline}`;
}
