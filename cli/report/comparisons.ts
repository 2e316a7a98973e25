import type { PrimaryMetric } from '../experiment/records.ts';
import { holmAdjust, roundsMin } from '../statistics/holm.ts';
import { pairedEffect, toPct } from '../statistics/paired-effect.ts';
import type { PairedEffect } from '../statistics/paired-effect.ts';
import { signFlipP } from '../statistics/sign-flip.ts';
import { costMargin, hitRatioMargin, judge, latencyMargin, roundsNeeded } from '../statistics/verdict.ts';
import type { ComparisonResult } from './compare-result.ts';
import {
  hitRatio,
  latencyMetric,
  pairedDifferences,
  queriesPerRequest,
  servingCpuPerRequest,
} from './per-round.ts';
import type { BlockMetric, Round } from './per-round.ts';

type Metric = {
  readonly name: string;
  readonly of: BlockMetric;
  readonly scale: 'log' | 'plain';
  /** On the scale of the effect; more hits are better, so theirs is turned round before it is judged. */
  readonly margin: (baseline: number) => number;
  readonly isMoreBetter?: boolean;
};

const latencies = (['p50', 'p95', 'p99'] as const).map((name): Metric => ({
  name,
  of: latencyMetric(name),
  scale: 'log',
  margin: (baselineMs) => latencyMargin(name, baselineMs),
}));

const costs: readonly Metric[] = [
  { name: 'storageQueriesPerRequest', of: queriesPerRequest, scale: 'log', margin: () => costMargin },
  { name: 'cpuUsPerRequest', of: servingCpuPerRequest, scale: 'log', margin: () => costMargin },
  { name: 'hitRatio', of: hitRatio, scale: 'plain', margin: () => hitRatioMargin, isMoreBetter: true },
];

export type ComparisonSettings = {
  readonly rounds: readonly Round[];
  readonly baseline: string;
  readonly candidates: readonly string[];
  readonly primary: PrimaryMetric;
  readonly seed: number;
  /** Why no verdict may be given, or null. */
  readonly withheldReason: string | null;
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function inPercent(effect: PairedEffect, scale: Metric['scale']) {
  const show = scale === 'log' ? toPct : (value: number) => value * 100;
  const { interval95 } = effect;
  return {
    changePct: show(effect.mean),
    interval95: interval95 === null ? null : ([show(interval95[0]), show(interval95[1])] as [number, number]),
  };
}

function turned(effect: PairedEffect): PairedEffect {
  const turn = (interval: readonly [number, number] | null) =>
    interval === null ? null : ([-interval[1], -interval[0]] as const);
  return {
    ...effect,
    mean: -effect.mean,
    interval90: turn(effect.interval90),
    interval95: turn(effect.interval95),
    interval99: turn(effect.interval99),
  };
}

/** One metric of every candidate against the baseline, with Holm's correction over the candidates. */
function compareMetric(settings: ComparisonSettings, metric: Metric): ComparisonResult[] {
  const { rounds, baseline, primary, seed, withheldReason } = settings;
  const measured = settings.candidates.flatMap((candidate) => {
    const differences = pairedDifferences(rounds, metric.of, [candidate, baseline], metric.scale);
    return differences === null ? [] : [{ candidate, differences, p: signFlipP(differences, seed) }];
  });
  const adjusted = holmAdjust(measured.map(({ p }) => p));
  const baselineMean = mean(rounds.map((round) => metric.of(round.get(baseline) as never) ?? 0));
  const margin = metric.margin(baselineMean);
  const isPrimary = metric.name === primary;
  return measured.map(({ candidate, differences, p }, index): ComparisonResult => {
    const effect = pairedEffect(differences);
    const pAdjusted = adjusted[index] as number;
    const verdict = judge(metric.isMoreBetter ? turned(effect) : effect, margin, pAdjusted);
    return {
      candidate,
      baseline,
      metric: metric.name,
      role: isPrimary ? 'primary' : 'exploratory',
      ...inPercent(effect, metric.scale),
      p,
      pAdjusted,
      marginPct: metric.scale === 'log' ? toPct(margin) : margin * 100,
      verdict: withheldReason === null ? verdict : null,
      withheldReason,
      roundsNeeded:
        metric.scale === 'log' && verdict === 'inconclusive' && effect.rounds > 1
          ? Math.max(roundsNeeded(effect.sd, margin), roundsMin(measured.length))
          : null,
    };
  });
}

/** The primary metric first, then the exploratory ones that could be measured in every round. */
export function compareCandidates(settings: ComparisonSettings): ComparisonResult[] {
  if (settings.rounds.length === 0) return [];
  const metrics = [...latencies, ...costs];
  const primaryFirst = metrics.toSorted(
    (a, b) => Number(b.name === settings.primary) - Number(a.name === settings.primary),
  );
  return primaryFirst.flatMap((metric) => compareMetric(settings, metric));
}

/** The baseline against itself: its spread is the noise floor. */
export function judgeControl(
  rounds: readonly Round[],
  [control, baseline]: readonly [string, string],
  primary: PrimaryMetric,
) {
  const differences = pairedDifferences(rounds, latencyMetric(primary), [control, baseline], 'log');
  const effect = differences === null ? null : pairedEffect(differences);
  if (effect === null || effect.interval95 === null || effect.interval99 === null) {
    return { interval95: null, noiseFloorPct: null, passed: null };
  }
  const [low, high] = effect.interval95;
  return {
    interval95: [toPct(low), toPct(high)] as [number, number],
    noiseFloorPct: toPct((high - low) / 2),
    passed: effect.interval99[0] <= 0 && effect.interval99[1] >= 0,
  };
}
