import type { Stretch } from '../k6/world-figures.ts';
import type { Trace } from './span.ts';

/** Which traces are asked for. All of it must hold. */
export type TraceQuery = {
  readonly order: 'newest' | 'slowest';
  readonly limit: number;
  /** The name of the root, or a part of it. */
  readonly name?: string;
  readonly candidate?: string;
  /** Who made the root. */
  readonly replicas?: ReadonlySet<string>;
  /** Only traces of requests, without those of work that goes on behind an answer. */
  readonly isRequest?: true;
  /** When the root began. */
  readonly began?: Stretch;
};

/** Those that the query asks for, in its order. */
export function selectTraces(traces: Iterable<Trace>, query: TraceQuery): readonly Trace[] {
  return bestOf(traces, query.limit, {
    rank: ({ root }) => (query.order === 'newest' ? root.startMs : root.durationMs),
    accepts: (trace) => matches(trace, query),
  });
}

export function matches({ root }: Trace, query: TraceQuery): boolean {
  const { name, candidate, replicas, isRequest, began } = query;
  return (
    (began === undefined || (root.startMs >= began.fromMs && root.startMs <= began.toMs)) &&
    (isRequest !== true || root.kind === 'server') &&
    (replicas === undefined || replicas.has(root.replica)) &&
    (candidate === undefined || root.candidate === candidate) &&
    (name === undefined || root.name.includes(name))
  );
}

type Choice<T> = { readonly rank: (item: T) => number; readonly accepts: (item: T) => boolean };

/** The highest, in their order, without sorting all; what ranks too low is not looked at. */
export function bestOf<T>(items: Iterable<T>, limit: number, { rank, accepts }: Choice<T>): readonly T[] {
  const best: { readonly item: T; readonly rank: number }[] = [];
  let least = -Infinity;
  for (const item of items) {
    const own = rank(item);
    if ((best.length >= limit && own <= least) || !accepts(item)) continue;
    best.splice(placeOf(own, best), 0, { item, rank: own });
    if (best.length > limit) best.pop();
    least = best.at(-1)?.rank ?? -Infinity;
  }
  return best.map(({ item }) => item);
}

/** Behind all that rank as high. */
function placeOf(own: number, best: readonly { readonly rank: number }[]): number {
  let [low, high] = [0, best.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((best[middle]?.rank ?? -Infinity) >= own) low = middle + 1;
    else high = middle;
  }
  return low;
}
