import { answeredByEdge, edgeMetrics } from '../contract/edge-metrics.ts';
import type { EdgeOutcome } from '../contract/edge-metrics.ts';
import { fixed, percent } from '../contract/figure-text.ts';
import { counterOf, levelOf, usualMargin } from '../contract/figure.ts';
import type { CandidateValues, Counter, Figure } from '../contract/figure.ts';
import { workFigure } from '../contract/work-figure.ts';

const hasEdge = ({ edge = 'off' }: CandidateValues): boolean => edge === 'on';

const requests = (outcomes: readonly EdgeOutcome[]): Counter =>
  counterOf(edgeMetrics.edgeRequests, { outcome: outcomes });

/** A share of the requests that came to the edge. A percentage point matters. */
const share = {
  unit: 'of those that came to the edge, 0 to 1',
  scale: 'points',
  better: 'more',
  margin: () => 0.01,
  write: percent(0),
  table: 'costs',
  lacking: '–',
  appliesTo: hasEdge,
} as const;

/** What is measured of the edge. */
export const edgeFigures: readonly Figure[] = [
  {
    ...share,
    name: 'edgeHitRatio',
    meaning:
      'requests that did not wait for the service, of those that the edge may keep an answer to; 0 where there are none',
    unit: 'of the requests that ask the edge’s cache, 0 to 1',
    from: requests(['hit', 'stale']),
    per: requests(['hit', 'stale', 'revalidated', 'miss', 'joined']),
    whenNone: 0,
    column: 'edge %',
    title: 'hits',
    words: 'hit ratio of the edge',
  },
  {
    ...share,
    name: 'originOffload',
    meaning:
      'requests that the edge answered without asking the service, of all that came, writes and private ones too',
    from: requests(answeredByEdge),
    per: counterOf(edgeMetrics.edgeRequests),
    column: 'edge %',
    title: 'offload',
    words: 'origin offload',
  },
  {
    ...share,
    name: 'edgeBytesShare',
    meaning: 'bytes of bodies that the edge sent out of its memory, of all that went through it',
    unit: 'of the bytes that the edge has sent, 0 to 1',
    from: counterOf(edgeMetrics.edgeBytes, { outcome: answeredByEdge }),
    per: counterOf(edgeMetrics.edgeBytes),
    column: 'edge %',
    title: 'bytes',
    words: 'share of the bytes that the edge sent out of its memory',
  },
  {
    ...share,
    name: 'outdatedPages',
    meaning:
      'pages of photos and comments that lacked a write, or a deletion, whose answer the edge had passed on before they were asked for, of all requests of these two classes, whoever answered them',
    unit: 'of those requests, 0 to 1',
    from: counterOf(edgeMetrics.edgeOutdatedAge),
    per: counterOf(edgeMetrics.edgeRequests, { class: ['photo', 'comments'] }),
    whenNone: 0,
    better: 'less',
    margin: () => 0.001,
    write: percent(1),
    column: 'outdated',
    title: '%',
    words: 'share of the pages that lacked an acknowledged write',
  },
  {
    name: 'outdatedPageSeconds',
    meaning: 'how long before they were asked for that write was acknowledged, on average over those pages',
    unit: 's',
    from: { counter: `${edgeMetrics.edgeOutdatedAge.name}_sum` },
    per: counterOf(edgeMetrics.edgeOutdatedAge),
    scale: 'plain',
    better: 'less',
    margin: () => 0.1,
    write: fixed(2),
    table: 'costs',
    column: 'outdated',
    title: 's',
    lacking: '–',
    appliesTo: hasEdge,
    words: 'mean time for which outdated pages had been so',
  },
  {
    name: 'edgeMemoryBytes',
    meaning: 'memory that the objects at the edge take at the end of a round',
    unit: 'bytes',
    from: levelOf(edgeMetrics.edgeMemory),
    per: null,
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: (bytes) => fixed(1)(bytes / 2 ** 20),
    title: 'edge MiB',
    table: 'costs',
    lacking: '–',
    appliesTo: hasEdge,
    words: 'memory of the edge',
  },
  {
    name: 'edgeCpuUsPerRequest',
    meaning: 'CPU of the edge per request of the load: Varnish, and the process that supervises it',
    unit: 'µs per request',
    from: { cpu: 'edge' },
    per: 'request',
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: fixed(0),
    title: 'edge µs/req',
    table: 'costs',
    lacking: '–',
    appliesTo: hasEdge,
    words: 'CPU of the edge per request',
  },
  workFigure(
    'edgeRefreshes',
    'refreshes',
    counterOf(edgeMetrics.edgeRefreshes),
    'requests that the edge has sent behind a stale answer',
    'edge',
  ),
  workFigure(
    'edgePurges',
    'purges',
    counterOf(edgeMetrics.edgePurges, { outcome: 'purged' }),
    'objects that left the edge since a write has changed them',
    'edge',
  ),
  workFigure(
    'edgeEvictions',
    'evictions',
    counterOf(edgeMetrics.edgeEvictions),
    'objects that left the edge for want of memory',
    'edge',
  ),
];
