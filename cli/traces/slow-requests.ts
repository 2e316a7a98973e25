import type { Stretch } from '../k6/world-figures.ts';
import { bestOf } from './select-traces.ts';
import type { Trace } from './span.ts';
import type { TraceStore } from './trace-store.ts';

/** What a block says of itself here. */
export type MeasuredBlock = { readonly candidate: string; readonly measured: Stretch | null };

/** A request that was answered in the measured part of a block. */
export type SlowRequest<Block extends MeasuredBlock> = { readonly block: Block; readonly trace: Trace };

type NamedWorld = {
  readonly label: string;
  readonly replicas: () => readonly { readonly name: string }[];
};

/** Gathers the slowest traced requests of each block while blocks run: the store forgets. */
export type SlowRequests<Block extends MeasuredBlock> = {
  /** A candidate's requests are those of its world's replicas: two worlds may run the same candidate. */
  readonly watch: (worlds: readonly NamedWorld[]) => void;
  /** Is told of blocks as they end, in order: of one in turns, of all of a round together. */
  readonly blocksEnded: (blocks: readonly Block[]) => void;
  /** Of these blocks, the slowest first. The replicas have sent what they had. */
  readonly slowestOf: (blocks: readonly Block[]) => readonly SlowRequest<Block>[];
  /** Whether a block was too long for the store, which had forgotten its beginning at its end. */
  readonly isCut: () => boolean;
};

/** What the user is told when a block was cut. */
export const cutComplaint =
  'More was traced than is kept: not all that was measured was looked at for the slowest. --telemetry trace1 traces less.';

export function createSlowRequests<Block extends MeasuredBlock>(
  store: TraceStore,
  requestsMax: number,
): SlowRequests<Block> {
  const replicasOf = new Map<string, ReadonlySet<string>>();
  const found = new Map<Block, readonly SlowRequest<Block>[]>();
  let last: readonly Block[] = [];
  let isCut = false;
  const lookAt = (block: Block): void => {
    if (block.measured === null) return;
    const traces = store.query({
      order: 'slowest',
      limit: requestsMax,
      isRequest: true,
      began: block.measured,
      replicas: replicasOf.get(block.candidate) ?? new Set(),
    });
    found.set(
      block,
      traces.map((trace) => ({ block, trace })),
    );
    isCut ||= store.forgottenUntilMs() >= block.measured.fromMs;
  };
  return {
    watch(worlds) {
      for (const { label, replicas } of worlds)
        replicasOf.set(label, new Set(replicas().map(({ name }) => name)));
    },
    blocksEnded(blocks) {
      // Replicas send spans once a second: those of the blocks before have arrived by now.
      last.forEach(lookAt);
      last = blocks;
    },
    slowestOf(blocks) {
      last.forEach(lookAt);
      return bestOf(
        blocks.flatMap((block) => found.get(block) ?? []),
        requestsMax,
        { rank: ({ trace }) => trace.root.durationMs, accepts: () => true },
      );
    },
    isCut: () => isCut,
  };
}
