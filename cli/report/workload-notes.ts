import { manners } from '../../loadtests/workloads/operation-mix.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { spikes } from '../../loadtests/workloads/star-spikes.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

/** What the scenario does that a rate does not say. */
export function describeWorkload({
  scenario,
  rate,
  replay,
}: Pick<ExperimentPlan, 'scenario' | 'rate' | 'replay'>): string[] {
  if (replay !== undefined) return [...replay.notes];
  if (!manners[scenarios[scenario].mix].hasSpikes) return [];
  const seconds = (requests: number): string => (requests / rate).toFixed(1);
  const { stretch, length, readShare, likeShare } = spikes;
  return [
    `Spikes: a star posts every ${seconds(stretch)} s, and for ${seconds(length)} s one photo takes up to ${100 * readShare} % of the reads and ${100 * likeShare} % of the likes. Real ones last for minutes: all their times are shortened alike.`,
  ];
}
