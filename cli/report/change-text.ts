import type { ComparisonResult } from './compare-result.ts';

/** What stands for a figure that could not be had. */
export const unknown = 'n/a';

/** A change in percent with its interval. The sign is in the symbol and in the number, so that no colour is needed. */
export function formatChange({
  changePct,
  interval95,
}: Pick<ComparisonResult, 'changePct' | 'interval95'>): string {
  if (changePct === null) return unknown;
  const symbol = changePct < 0 ? '▼' : changePct > 0 ? '▲' : '=';
  const sign = (value: number) => `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
  const interval = interval95 === null ? '' : ` [${sign(interval95[0])}, ${sign(interval95[1])}]`;
  return `${symbol} ${sign(changePct)} %${interval}`;
}
