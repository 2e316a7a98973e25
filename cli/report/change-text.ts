import type { Figure, FigureScale } from '../../app/contract/figure.ts';
import { findFigure } from '../figures/figure-list.ts';
import type { ComparisonResult } from './compare-result.ts';

/** What stands for a figure that could not be had. */
export const unknown = 'n/a';

/** Three digits that say something; none behind the point where there are three before it. */
function plainNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return size >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(3)));
}

function numberOn(scale: FigureScale, value: number): string {
  return scale === 'plain' ? plainNumber(value) : value.toFixed(1);
}

function signed(scale: FigureScale, value: number): string {
  return `${value > 0 ? '+' : ''}${numberOn(scale, value)}`;
}

/** What stands behind a change of a figure, with a space before it. */
function unitOf({ scale, unit }: Pick<Figure, 'scale' | 'unit'>): string {
  if (scale === 'ratio') return ' %';
  if (scale === 'points') return ' points';
  return unit === '' ? '' : ` ${unit}`;
}

/**
 * The scale and the unit in which changes of a figure are told. A figure that this version does not know is
 * told by `scale`, as the version that measured it says.
 */
function tellingOf(metric: string, scale: FigureScale = 'ratio'): Pick<Figure, 'scale' | 'unit'> {
  return findFigure(metric) ?? { scale, unit: '' };
}

/** An effect, as results tell it, with its sign and its unit: `-28.1 %`, `+0.4`, `+3.2 ms`. */
export function tellEffect(metric: string, told: number): string {
  const telling = tellingOf(metric);
  return signed(telling.scale, told) + unitOf(telling);
}

/** Half of a width, without its unit. */
export function tellHalfWidth(metric: string, told: number): string {
  return `±${numberOn(tellingOf(metric).scale, told)}`;
}

export function tellNoiseFloor(metric: string, told: number): string {
  return tellHalfWidth(metric, told) + unitOf(tellingOf(metric));
}

/** A difference that matters, or a width that is wanted: `5 %`, `1 point`, `0.01 per request`. */
export function tellMargin(metric: string, told: number): string {
  const telling = tellingOf(metric);
  if (telling.scale === 'ratio') return `${told.toFixed(0)} %`;
  const text = plainNumber(Number(told.toPrecision(6)));
  return telling.scale === 'points' && Number(text) === 1 ? '1 point' : text + unitOf(telling);
}

type Change = Pick<ComparisonResult, 'metric' | 'scale' | 'changePct' | 'interval95'>;

/** A 95 % interval with a space before it; nothing where there is none. */
export function formatInterval({ interval95, scale }: Pick<Change, 'interval95' | 'scale'>): string {
  return interval95 === null ? '' : ` [${interval95.map((end) => signed(scale, end)).join(', ')}]`;
}

/** A change with its interval. The sign is in the symbol and in the number, so that no colour is needed. */
export function formatChange(comparison: Change): string {
  const { changePct, metric, scale } = comparison;
  if (changePct === null) return unknown;
  const symbol = changePct < 0 ? '▼' : changePct > 0 ? '▲' : '=';
  return `${symbol} ${signed(scale, changePct)}${unitOf(tellingOf(metric, scale))}${formatInterval(comparison)}`;
}

/** A figure as a sentence names it: `p95 response time`, `storage queries per request`. */
export function nameMetric(metric: string): string {
  return findFigure(metric)?.words ?? metric.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The same, shorter: response times by the titles of their columns. */
export function nameBriefly(metric: string): string {
  if (metric === 'request') return 'the same request';
  return isResponseTime(metric) ? metric : nameMetric(metric);
}

function isResponseTime(metric: string): boolean {
  const from = findFigure(metric)?.from;
  return from !== undefined && 'driver' in from;
}

/** What changed, in words: `the same request takes 28.1 % less time than with no-cache`. */
export function describeChange({ metric, scale, changePct, baseline }: ComparisonResult): string {
  const size = changePct === null ? 0 : Math.abs(changePct);
  const isPlain = scale === 'plain';
  const amount = `${!isPlain && size >= 100 ? size.toFixed(0) : numberOn(scale, size)}${unitOf(tellingOf(metric, scale))}`;
  const isLess = (changePct ?? 0) < 0;
  const isSame = isPlain ? size === 0 : size < 0.05;
  if (metric === 'request') {
    if (isSame) return `the same request takes as long as with ${baseline}`;
    return `the same request takes ${amount} ${isLess ? 'less' : 'more'} time than with ${baseline}`;
  }
  const direction = isLess ? 'lower' : 'higher';
  if (isResponseTime(metric)) {
    if (isSame) return `its ${nameMetric(metric)} is that of ${baseline}`;
    return `its ${nameMetric(metric)} is ${amount} ${direction} than that of ${baseline}`;
  }
  if (isSame) return `${nameMetric(metric)} as with ${baseline}`;
  return `${nameMetric(metric)} ${amount} ${direction} than with ${baseline}`;
}
