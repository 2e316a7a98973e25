import { tierKinds, tiersInOrder } from '../../app/cache/tiers/index.ts';
import type { TierKind } from '../../app/cache/tiers/index.ts';
import type { ViewerRequests } from '../../loadtests/workloads/viewer-requests.ts';
import { countOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import { cacheReadsIn } from '../worlds/cache-counts.ts';

/**
 * What one layer answered of what came to it: of images that viewers asked for, of pages that an edge may keep, or of reads that the
 * service asked its caches.
 */
export type LayerRow = {
  readonly of: 'images' | 'pages' | 'reads';
  readonly layer: string;
  readonly asked: number;
  readonly answered: number;
  /** Of what came to it; null for the last layer, which has to answer. */
  readonly hitRatio: number | null;
  /** Of all that was asked of the first layer. */
  readonly share: number;
  /** Of all that was asked of the first layer, what this one and those before it kept away from those behind; null for the last one. */
  readonly offload: number | null;
  /** Of what it answered, what was past its lifetime; null where nothing can be. */
  readonly staleShare: number | null;
  /** Of what it answered, what lacked a write that had been acknowledged before; null where nobody tells. */
  readonly outdatedShare: number | null;
  /** Of the bodies that it answered with; null where nobody counts them. */
  readonly bytes: number | null;
  /** That it takes at the end of a round; null where nobody knows. */
  readonly memoryBytes: number | null;
  /** Of those, for each point of its hit ratio; null for pages, which share their memory with images. */
  readonly memoryBytesPerPoint: number | null;
};

/** What rows are made of: all rounds of a candidate that count, taken together. */
export type LayersInput = {
  /** The candidate's `tiers`. */
  readonly tiers: string;
  /** Whether it has an edge. */
  readonly hasEdge: boolean;
  readonly viewers: ViewerRequests;
  readonly counts: Counts;
  /** At the end of a round, on average; null where it is not ours, or there is none. */
  readonly redisBytes: number | null;
};

type Answered = Pick<LayerRow, 'layer' | 'answered' | 'staleShare' | 'bytes' | 'memoryBytes'> &
  Partial<Pick<LayerRow, 'outdatedShare'>>;

/** The layers of a candidate in their order: those that answer images, then pages where there is an edge, then reads. */
export function layerRowsOf(input: LayersInput): LayerRow[] {
  return [
    ...cascade('images', imageLayers(input)),
    ...cascade('pages', pageLayers(input)),
    ...cascade('reads', readLayers(input)),
  ];
}

const unknownMemory = { staleShare: null, memoryBytes: null };

function imageLayers({ viewers: { images }, counts, hasEdge }: LayersInput): Answered[] {
  const edge = edgeLayer(counts, 'edgeImages', 'staleEdgeImages', 'edgeImageBytes');
  return [
    { layer: 'browser', answered: images.browser.requests, bytes: images.browser.bytes, ...unknownMemory },
    ...(hasEdge ? [edge] : []),
    {
      layer: 'service',
      answered: countOf(counts, layerCounters.answeredImages) - edge.answered,
      bytes: Math.max(0, images.sent.bytes - (edge.bytes ?? 0)),
      ...unknownMemory,
    },
  ];
}

/**
 * The layers of pages. Writes, and pages that depend on who asks, are left out: an edge cannot answer them.
 */
function pageLayers({ counts, hasEdge }: LayersInput): Answered[] {
  if (!hasEdge) return [];
  const edge = edgeLayer(counts, 'edgePages', 'staleEdgePages', 'edgePageBytes');
  const outdatedOf = (counter: 'outdatedEdgePages' | 'outdatedForwardedPages', answered: number) =>
    shareOf(countOf(counts, layerCounters[counter]), answered);
  const forwarded = countOf(counts, layerCounters.forwardedPages);
  return [
    { ...edge, outdatedShare: outdatedOf('outdatedEdgePages', edge.answered) },
    {
      layer: 'service',
      answered: forwarded,
      outdatedShare: outdatedOf('outdatedForwardedPages', forwarded),
      bytes: countOf(counts, layerCounters.forwardedPageBytes),
      ...unknownMemory,
    },
  ];
}

type CounterName = keyof typeof layerCounters;

/** Images and pages share the memory of the edge: each is told the whole, which is counted by point once, for images. */
function edgeLayer(
  counts: Counts,
  answers: CounterName,
  staleAnswers: CounterName,
  bytes: CounterName,
): Answered {
  const [answered, stale] = [
    countOf(counts, layerCounters[answers]),
    countOf(counts, layerCounters[staleAnswers]),
  ];
  return {
    layer: 'edge',
    answered,
    staleShare: shareOf(stale, answered),
    bytes: countOf(counts, layerCounters[bytes]),
    memoryBytes: countOf(counts, layerCounters.edgeMemoryBytes),
  };
}

function readLayers({ tiers, counts, redisBytes }: LayersInput): Answered[] {
  const reads = cacheReadsIn(counts);
  const tierLayers = tiersInOrder(tiers).map((layer): Answered => {
    const stale = reads[`${layer}StaleHits`];
    const answered = reads[`${layer}Hits`] + stale;
    const memoryBytes = tierBytesOf(tierKinds[layer], counts, redisBytes);
    return { layer, answered, staleShare: shareOf(stale, answered), bytes: null, memoryBytes };
  });
  return [
    ...tierLayers,
    {
      layer: 'storage',
      answered: reads.loads + reads.joinedLoads + (tiers === 'none' ? reads.bypasses : 0),
      staleShare: null,
      bytes: null,
      memoryBytes: null,
    },
  ];
}

/** Nobody knows it of a shared tier that lies elsewhere than in Redis. */
function tierBytesOf(kind: TierKind, counts: Counts, redisBytes: number | null): number | null {
  if (!kind.isShared) return countOf(counts, layerCounters.localTierBytes);
  return kind.redisUse === 'entries' ? redisBytes : null;
}

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const perPointOf = (memoryBytes: number | null, hitRatio: number | null): number | null =>
  hitRatio === null || hitRatio === 0 || memoryBytes === null ? null : memoryBytes / (100 * hitRatio);

/** Each layer is asked for what those before it did not answer. */
function cascade(of: LayerRow['of'], layers: readonly Answered[]): LayerRow[] {
  const all = layers.reduce((sum, { answered }) => sum + answered, 0);
  if (all === 0) return [];
  let asked = all;
  return layers.map((layer, index) => {
    const hitRatio = index === layers.length - 1 ? null : shareOf(layer.answered, asked);
    const row: LayerRow = {
      outdatedShare: null,
      ...layer,
      of,
      asked,
      hitRatio,
      share: layer.answered / all,
      offload: hitRatio === null ? null : 1 - (asked - layer.answered) / all,
      memoryBytesPerPoint: of === 'pages' ? null : perPointOf(layer.memoryBytes, hitRatio),
    };
    asked -= layer.answered;
    return row;
  });
}
