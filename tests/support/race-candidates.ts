import { allowedBy } from '../../app/cache/settings/chosen-strategy.ts';
import type { Anomaly } from '../../app/cache/settings/anomalies.ts';
import { parameterAxes } from '../../app/cache/settings/cache-axes.ts';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import type { StrategyDefinition } from '../../app/cache/strategy.ts';
import { DarkroomError } from '../../app/errors.ts';

const { tiers, protection } = parameterAxes;

const faults: readonly Anomaly[] = ['lost-invalidation', 'failed-invalidation', 'crash-before-invalidation'];

/** Whether the text names one: it is not refused. */
export function isCandidate(text: string): boolean {
  try {
    parseCandidate(text);
    return true;
  } catch (error) {
    if (error instanceof DarkroomError) return false;
    throw error;
  }
}

/** Every strategy with every stack of tiers and every protection that it takes. */
export function raceCandidates(): string[] {
  return (Object.values(strategies) as StrategyDefinition[]).flatMap(({ name, usesTiers }) => {
    if (!usesTiers) return [name];
    return tiers.choices.flatMap((stack) =>
      protection.choices.map((kind) => `${name}:tiers=${stack},protection=${kind}`).filter(isCandidate),
    );
  });
}

/** The same candidates with fills fenced by versions, but for strategies that do that by themselves. */
export function fencedRaceCandidates(): string[] {
  return raceCandidates()
    .map((text) => `${text},fence=version`)
    .filter((text) => isCandidate(text) && formatCandidate(parseCandidate(text)).includes('fence=version'));
}

/** What a candidate may show although every process lives and every message and command arrives in the end. */
export function allowedWithoutFaults(text: string): Anomaly[] {
  return allowedBy(parseCandidate(text).cache).filter((anomaly) => !faults.includes(anomaly));
}
