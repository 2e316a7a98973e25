import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord } from '../experiment/records.ts';
import type { SoFar } from '../experiment/together/run-together.ts';
import { latencySummary } from '../report/block-line.ts';
import { primarySoFar } from '../report/primary-so-far.ts';
import { describeSpoiled, formatBlock, formatDuration, formatRound } from '../report/progress.ts';
import { readMachineKind } from '../stack/cpu-accounting.ts';
import { decideStop } from '../statistics/stopping-rule.ts';
import type { StopDecision } from '../statistics/stopping-rule.ts';
import type { Terminal } from './terminal.ts';

/** Seconds that a block in turns takes beside its settle and measure parts: the start and the end of k6, two readings of counters. */
const blockOverheadSeconds = 1.3;

/** Tells the user how an experiment goes, and decides with what is known so far whether it is enough. */
export function createExperimentProgress(
  terminal: Terminal,
  plan: ExperimentPlan,
  addBlocks: (lines: readonly string[]) => void,
) {
  const secondsPerBlock = plan.settleSeconds + plan.measureSeconds + blockOverheadSeconds;
  const roundsOfTurns = plan.rounds ?? 0;
  return {
    announce(): void {
      terminal.report(
        `Comparing ${plan.candidates.map(({ label }) => label).join(', ')} under ${plan.replay?.title ?? plan.scenario} at ${plan.rate} ` +
          `requests/s each, ${plan.pacing === 'together' ? describeTogether(plan) : describeTurns(plan, secondsPerBlock)}.`,
      );
    },
    /** Told after each round together; says whether another one is wanted. */
    decide({ blocks, rounds, part, secondsUsed, secondsPerRound }: SoFar): StopDecision {
      const state = decideStop({
        comparisons: primarySoFar({ plan, blocks, rounds, machine: readMachineKind() }),
        rounds: rounds.length,
        roundsFixed: plan.rounds,
        partsLeft: plan.parts - part,
        secondsUsed,
        secondsPerRound,
        secondsMax: plan.timeLimitSeconds,
      });
      terminal.report(formatRound(state, plan));
      return state.decision;
    },
    /** What is left when the experiment is cut short. */
    keep(blocks: readonly BlockRecord[]): void {
      addBlocks(blocks.map((block) => `${JSON.stringify(latencySummary(block))}\n`));
    },
    blockEnded: (block: BlockRecord, left: number): void =>
      terminal.report(formatBlock(block, roundsOfTurns, left * secondsPerBlock)),
    repeated: (round: number, spoiled: readonly BlockRecord[]): void =>
      terminal.report(`Round ${round} is repeated in every world: ${describeSpoiled(spoiled)}`),
  };
}

function describeTogether(plan: ExperimentPlan): string {
  const { rounds, timeLimitSeconds, measureSeconds, replay } = plan;
  const counted = `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
  const length = rounds === null ? 'until the verdicts are precise' : counted;
  if (rounds !== null && replay !== undefined) {
    // The length of a replay's round contains the pause after it.
    const seconds = rounds * measureSeconds;
    return `all at the same moments: ${length} of ${measureSeconds} s, ${formatDuration(seconds)} after the warm-up`;
  }
  const limit = timeLimitSeconds === null ? '' : `, at most ${formatDuration(timeLimitSeconds)}`;
  return `all at the same moments: rounds of ${measureSeconds} s, ${length}${limit}`;
}

function describeTurns(plan: ExperimentPlan, secondsPerBlock: number): string {
  const rounds = plan.rounds ?? 0;
  const seconds = plan.candidates.length * (plan.warmUpSeconds + 2 + (rounds + 1) * secondsPerBlock) + 10;
  return `in turns: ${rounds} rounds, about ${formatDuration(seconds)}`;
}
