import { choice, duration, size } from '../contract/axis-kinds.ts';
import type { Axes, AxisKind, ValuesOf } from '../contract/axis.ts';
import type { CandidateValues } from '../contract/figure.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { edgeFigures } from './figures.ts';

/** In milliseconds; 0s is none. HTTP tells lifetimes in whole seconds. */
const wholeSeconds = (least: '0s' | '1s'): AxisKind<number> => ({
  takes: `whole seconds such as ${least}, 5s or 2m, at most 24h`,
  parse(text) {
    const ms = text === '0s' ? 0 : duration.parse(text);
    return ms === null || ms % 1_000 > 0 || (ms === 0 && least === '1s') ? null : ms;
  },
  format: (value) => (value === 0 ? '0s' : duration.format(value)),
});

const mebibyte = 2 ** 20;

const axes = {
  edge: {
    field: 'edge',
    meaning:
      'on: an HTTP cache in front of the replicas keeps images and what is public, and takes the load; off: there is none',
    fallback: 'off',
    matters: 'all',
    ...choice(['off', 'on']),
  },
  'edge-memory': {
    field: 'edgeMemoryBytes',
    meaning: 'what the objects at the edge may take',
    fallback: 64 * mebibyte,
    matters: 'all',
    ...size(4 * mebibyte, '64MiB'),
  },
  'edge-ttl': {
    field: 'edgeTtlMs',
    meaning: 'how long public answers are fresh at the edge; images never change',
    fallback: 5_000,
    matters: 'all',
    ...wholeSeconds('1s'),
  },
  'edge-stale': {
    field: 'edgeStaleMs',
    meaning:
      'how long after that they are still answered: while the edge asks for them anew, and where the service fails',
    fallback: 0,
    matters: 'all',
    ...wholeSeconds('0s'),
  },
  'edge-purge': {
    field: 'edgePurge',
    meaning:
      'key: a write removes from the edge what it changes before it is answered; ttl: only deletions and changes of rights do, and what has the address of the write goes, as HTTP asks; all else stays until its time is up',
    fallback: 'key',
    matters: 'all',
    ...choice(['ttl', 'key']),
  },
} as const satisfies Axes;

/** What a candidate chooses of the edge. */
export type EdgeSettings = ValuesOf<typeof axes>;

function refuses({ edge }: EdgeSettings, given: ReadonlySet<string>): string | null {
  const beside = Object.keys(axes).find((name) => name !== 'edge' && given.has(name));
  return edge === 'off' && beside !== undefined
    ? `"${beside}" is of the edge, which is off: add edge=on.`
    : null;
}

/** Both would stand in front of the replicas, and only one can take the load. */
function refusesBeside({ edge }: EdgeSettings, { gateway = 'off' }: CandidateValues): string | null {
  return edge === 'on' && gateway !== 'off'
    ? `edge=on and gateway=${gateway} would both stand in front of the replicas: take one of them.`
    : null;
}

/** An HTTP cache in front of the replicas. */
export const edgeSystem: SystemDefinition<typeof axes> = {
  name: 'edge',
  summary: 'whether an HTTP cache in front of the replicas keeps images and public answers, and for how long',
  axes,
  refuses,
  refusesBeside,
  redisUses: () => [],
  processes: ({ edge }) =>
    edge === 'off'
      ? []
      : [
          {
            name: 'edge',
            entry: 'edge.ts',
            count: 1,
            takesLoad: true,
            isScraped: true,
            runs: 'varnish',
          },
        ],
  figures: edgeFigures,
  workHeading: 'Per 1,000 requests, of the edge:',
};
