import { judgeCandidate } from '../experiment/guards.ts';
import type { BlockRecord, Pacing } from '../experiment/records.ts';
import type { SpreadFigure } from '../statistics/process-spread.ts';
import type { ComparedFigure } from './compared-figures.ts';
import type { Round } from './per-round.ts';

type TimedSpread = Exclude<SpreadFigure, 'counted'>;

/** Why verdicts are not given; null where nothing stands against them. */
export type Withheld = {
  /** Any verdict. */
  readonly all: string | null;
  /** Verdicts on what takes time, by its spread. What is counted is the same on a machine that is too busy to measure time. */
  readonly timed: Readonly<Record<TimedSpread, string | null>>;
  /** Verdicts on these candidates: they failed. */
  readonly own: ReadonlyMap<string, string>;
};

/**
 * Together, the candidates that failed, each with the reason: their requests failed, or a tier of theirs did not work. In turns
 * a round in which one fails is spoiled and repeated instead, unless that it does not carry the rate is a result.
 */
export function failedCandidates(rounds: readonly Round[], pacing: Pacing): Map<string, string> {
  const failed = new Map<string, string>();
  const blocks = rounds.flatMap((round) => [...round.values()]);
  if (pacing === 'turns') return overloadedCandidates(blocks);
  for (const [candidate, own] of Map.groupBy(blocks, (block) => block.candidate)) {
    const finding = judgeCandidate(own);
    if (finding !== null) failed.set(candidate, `${candidate} failed: ${finding.message}`);
  }
  return failed;
}

/** The candidates that did not carry the rate, each with what spoke up in its first round. */
function overloadedCandidates(blocks: readonly BlockRecord[]): Map<string, string> {
  const overloaded = new Map<string, string>();
  for (const { candidate, status, findings } of blocks) {
    const [first] = findings.filter(({ kind }) => kind === 'hard');
    if (status === 'overloaded' && first !== undefined && !overloaded.has(candidate))
      overloaded.set(candidate, `${candidate} does not carry this rate: ${first.message}`);
  }
  return overloaded;
}

/** Why the verdict on a figure of two candidates is withheld, or null. */
export function withheldReasonOf(
  { all, timed, own }: Withheld,
  { spread }: ComparedFigure,
  [candidate, other]: readonly [string, string],
): string | null {
  return all ?? own.get(candidate) ?? own.get(other) ?? (spread === 'counted' ? null : timed[spread]);
}
