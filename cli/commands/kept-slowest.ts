import type { Experiment } from '../experiment/experiment.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord } from '../experiment/records.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { finishedRounds } from '../report/per-round.ts';
import type { SlowRequests } from '../traces/slow-requests.ts';
import type { HeadedTrace } from '../traces/waterfall-page.ts';

type KeptSlowest = { readonly slowTraces: CompareResult['slowTraces']; readonly page: string | null };

/**
 * Keeps the slowest traces of each candidate with the results: those of the rounds that count, or of all finished rounds where
 * none counts.
 */
export function keepSlowest(
  { candidates }: ExperimentPlan,
  { blocks }: Experiment,
  slow: SlowRequests<BlockRecord> | null,
  keep: (traces: readonly HeadedTrace[]) => string | null,
): KeptSlowest {
  const labels = candidates.map(({ label }) => label);
  const counted = finishedRounds(blocks, labels);
  const rounds = counted.length > 0 ? counted : finishedRounds(blocks, labels, { withSpoiled: true });
  const slowest = labels.flatMap(
    (label) => slow?.slowestOf(rounds.flatMap((round) => round.get(label) ?? [])) ?? [],
  );
  const page = keep(
    slowest.map(({ block, trace }) => ({ heading: `${block.candidate} · round ${block.round}`, trace })),
  );
  const slowTraces = slowest.map(({ block, trace: { traceId, root } }) => ({
    candidate: block.candidate,
    round: block.round,
    traceId,
    name: root.name,
    durationMs: root.durationMs,
  }));
  return { slowTraces, page };
}
