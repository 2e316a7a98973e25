import { protections, tierStacks } from '../../app/cache/candidate.ts';
import { parseCandidate } from '../../app/cache/parse-candidate.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import type { StrategyDefinition } from '../../app/cache/strategy.ts';
import { DarkroomError } from '../../app/errors.ts';

function isCandidate(text: string): boolean {
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
    return tierStacks.flatMap((tiers) =>
      protections.map((protection) => `${name}:tiers=${tiers},protection=${protection}`).filter(isCandidate),
    );
  });
}
