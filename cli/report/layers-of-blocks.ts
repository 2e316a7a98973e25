import type { CountedRequests, ViewerRequests } from '../../loadtests/workloads/viewer-requests.ts';
import type { BlockRecord } from '../experiment/records.ts';
import { combineCounts, keyOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import { layerRowsOf } from '../layers/layer-rows.ts';
import type { LayerRow, LayersInput } from '../layers/layer-rows.ts';

/** The layers of a candidate over those of its blocks whose requests are accounted for; none where viewers have no browsers. */
export function layersOfBlocks(
  blocks: readonly BlockRecord[],
  candidate: Pick<LayersInput, 'tiers' | 'hasEdge'>,
): LayerRow[] {
  const known = blocks.flatMap(({ viewers, account = null, counts, redisBytes = null }) =>
    viewers === undefined || account === null || counts === null ? [] : [{ viewers, counts, redisBytes }],
  );
  const [first, ...others] = known;
  if (first === undefined) return [];
  return layerRowsOf({
    ...candidate,
    viewers: others.map(({ viewers }) => viewers).reduce(addViewers, first.viewers),
    counts: addCounts(known.map(({ counts }) => counts)),
    redisBytes: meanOf(known.flatMap(({ redisBytes }) => redisBytes ?? [])),
  });
}

function addViewers(sum: ViewerRequests, more: ViewerRequests): ViewerRequests {
  const both = (of: (one: ViewerRequests) => CountedRequests): CountedRequests => ({
    requests: of(sum).requests + of(more).requests,
    bytes: of(sum).bytes + of(more).bytes,
  });
  return {
    sent: sum.sent + more.sent,
    images: { browser: both(({ images }) => images.browser), sent: both(({ images }) => images.sent) },
  };
}

const levels: readonly string[] = Object.values(layerCounters)
  .filter((counter) => 'isLevel' in counter)
  .map(keyOf);

/** Sums, but of levels the mean: each block ends with one. */
function addCounts(all: readonly Counts[]): Counts {
  const sum = all.reduce((a, b) => combineCounts(a, b, (one, other) => one + other), {});
  const means = levels.map((key) => [key, (sum[key] ?? 0) / all.length] as const);
  return { ...sum, ...Object.fromEntries(means) };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
