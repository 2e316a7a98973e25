import type { RoundRecord } from '../experiment/records.ts';
import { exitCodes } from '../errors.ts';
import { processSpreadOf } from '../statistics/process-spread.ts';
import type { SpreadFigure } from '../statistics/process-spread.ts';
import { figureNamed } from '../figures/figure-list.ts';
import { usualPrimary } from '../figures/response-figures.ts';
import { comparedFigure } from './compared-figures.ts';
import type { CompareResult, ComparisonResult, RoundResult } from './compare-result.ts';
import { compareCandidates } from './comparisons.ts';
import { checkControl } from './control-check.ts';
import { contextOf } from './figure-context.ts';
import { endingOf } from './endings.ts';
import { toBlockResult, toCandidateResult } from './measured-results.ts';
import { notesOf } from './notes.ts';
import type { NotesInput } from './notes.ts';
import { countedRounds, partsOf, recordsOf } from './per-round.ts';
import { failedCandidates } from './withheld.ts';

export type SummaryInput = NotesInput & {
  /** Anomalies that each candidate allows. */
  readonly allows: ReadonlyMap<string, readonly string[]>;
  readonly requireVerdict: boolean;
  /** Of each candidate, the slowest first; none where nothing was traced. */
  readonly slowTraces: CompareResult['slowTraces'];
};

/** Whether a candidate has no verdict, or one that says nothing. */
function isOpen(candidates: readonly string[], comparisons: readonly ComparisonResult[]): boolean {
  const primaries = comparisons.filter(({ role }) => role === 'primary');
  return candidates.some((label) => {
    const verdict = primaries.find(({ candidate }) => candidate === label)?.verdict ?? 'inconclusive';
    return verdict === 'inconclusive';
  });
}

function toRoundResult(round: RoundRecord): RoundResult {
  return { ...round, latenessMs: { ...round.latenessMs }, machine: { ...round.machine } };
}

/** Makes the result of an experiment: headline figures, comparisons, and whether they may be believed. */
export function summarise(input: SummaryInput): CompareResult {
  const { plan, experiment, manifest } = input;
  const { baseline, primary, pacing } = plan;
  const labels = plan.candidates.map(({ label }) => label);
  const candidates = plan.candidates.filter(({ role }) => role === 'candidate').map(({ label }) => label);
  const control = plan.candidates.find(({ role }) => role === 'control')?.label ?? '';
  const rounds = countedRounds(experiment.blocks, labels, { pacing, isNoisy: experiment.ended === 'noisy' });
  const spreadOf = (figure: SpreadFigure) =>
    processSpreadOf(figure, manifest.machine, partsOf(recordsOf(experiment.rounds, rounds)));
  const context = contextOf(plan, experiment.rounds);
  const checkOf = (name: string) => {
    const figure = comparedFigure(figureNamed(name), context);
    return checkControl(rounds, [control, baseline], figure, spreadOf(figure.spread));
  };
  const checked = checkOf(primary);
  const { failure } = input;
  const failed = failedCandidates(rounds, pacing);
  const { spread } = comparedFigure(figureNamed(primary), context);
  const controls = {
    areAllSpoiled: experiment.rounds.length > 0 && rounds.length === 0,
    isBeyondLimit: plan.isBeyondLimit,
    controlPassed: checked.passed,
    timedControlPassed: spread === 'latency' ? checked.passed : checkOf(usualPrimary).passed,
    isPrimaryCounted: spread === 'counted',
  };
  const ending = endingOf({ experiment, failure, baseline, control, candidates, failed, ...controls });
  const comparisons = compareCandidates({
    rounds,
    context,
    baseline,
    candidates,
    primary,
    spreadOf,
    withheld: ending.withheld,
  });
  const needsVerdict = input.requireVerdict && ending.status === 'ok' && isOpen(candidates, comparisons);
  const results = plan.candidates.map((candidate) =>
    toCandidateResult(candidate, {
      blocks: rounds.flatMap((round) => round.get(candidate.label) ?? []),
      context,
      idleCpu: experiment.idleCpu,
      allows: input.allows.get(candidate.label) ?? [],
      expectedHitRatio: input.expectedHitRatios.get(candidate.label),
      livedSeconds: input.livedSeconds,
    }),
  );
  return {
    schemaVersion: 1,
    status: needsVerdict ? 'inconclusive' : ending.status,
    exitCode: needsVerdict ? exitCodes.inconclusive : ending.exitCode,
    withheldReason: ending.reason,
    manifest,
    candidates: results,
    rounds: experiment.rounds.map(toRoundResult),
    blocks: experiment.blocks.map((block) => toBlockResult(block, context)),
    control: checked,
    comparisons,
    warmUps: experiment.warmUpCurves.map((curve) => ({ ...curve, seconds: [...curve.seconds] })),
    slowTraces: [...input.slowTraces],
    notes: notesOf(input, rounds, results),
  };
}
