import type { CandidateValues, DriverFigure, Figure, OperationTimes } from '../../app/contract/figure.ts';
import type { PairedRequests } from '../k6/pair-requests.ts';
import { witnessNames } from './asked-systems.ts';
import { countOf } from './counts.ts';
import type { ListedFigure } from './figure-list.ts';
import type { Counts } from './counts.ts';
import { blockQuantileMs, pooledMeanMs, pooledQuantileMs } from './response-times.ts';
import type { DroppedShare, MeasuredTimes } from './response-times.ts';
import { divisorOf } from './taken-counters.ts';

/** CPU time, microseconds, of a world by who used it, and its share of the driver's; null where the platform does not tell. */
export type CpuUs = {
  readonly service: number | null;
  readonly postgres: number | null;
  readonly redis: number | null;
  readonly driver: number | null;
  /** Of further kinds of process. */
  readonly [kind: string]: number | null;
};

/** What figures are made of: one candidate, measured once. */
export type MeasuredBlock = MeasuredTimes & {
  readonly candidate: string;
  readonly paired: PairedRequests | null;
  /** By how much the counters of the world have grown; null where a process could not be read twice, or counts nothing. */
  readonly counts: Counts | null;
  /** Between the two readings of the counters. */
  readonly countedSeconds: number;
  readonly cpuUs: CpuUs;
  /** What figures that ask the world's database were told after it, by their names; null: it could not be had. */
  readonly queried: Readonly<Record<string, number | null>>;
};

/** The figures of an experiment, and what their values depend on beside its blocks. */
export type FigureContext = {
  readonly figures: readonly ListedFigure[];
  readonly dropped: DroppedShare;
  /** The values of a candidate's axes, by its label. */
  readonly valuesOf: (candidate: string) => CandidateValues;
};

/** The value of a figure in one block; null where it could not be had. */
export function valueInBlock(figure: Figure, block: MeasuredBlock, context: FigureContext): number | null {
  const values = context.valuesOf(block.candidate);
  if (figure.appliesTo?.(values) === false) return null;
  if ('driver' in figure.from) return timeInBlock(figure.from, block, context.dropped);
  return ratio(amountIn(figure, block), divisorIn(figure, block), () => whenNone(figure, values));
}

/**
 * The value of a figure over the blocks of one candidate: amounts are summed before they are divided, quantiles are of all requests.
 * What is not divided is the mean of the blocks that have it.
 */
export function valueOverBlocks(
  figure: Figure,
  blocks: readonly MeasuredBlock[],
  context: FigureContext,
): number | null {
  if (blocks.some(({ candidate }) => figure.appliesTo?.(context.valuesOf(candidate)) === false)) return null;
  if ('driver' in figure.from) return timeOverBlocks(figure.from, blocks, context.dropped);
  if (figure.per === null) return meanOf(blocks.flatMap((block) => amountIn(figure, block) ?? []));
  const [first] = blocks;
  return ratio(
    sumOf(blocks, (block) => amountIn(figure, block)),
    sumOf(blocks, (block) => divisorIn(figure, block)),
    () => (first === undefined ? null : whenNone(figure, context.valuesOf(first.candidate))),
  );
}

type TimeSource = { readonly driver: DriverFigure } | OperationTimes;

const operationsOf = (from: TimeSource): readonly string[] | undefined =>
  'operation' in from ? from.operation : undefined;

function timeInBlock(from: TimeSource, block: MeasuredBlock, dropped: DroppedShare): number | null {
  const { driver: name } = from;
  if (name === 'request') {
    const { paired } = block;
    return paired === null || paired.requests === 0 ? null : Math.exp(paired.meanLogUs) / 1_000;
  }
  if (name === 'mean') return block.meanUs === null ? null : block.meanUs / 1_000;
  return blockQuantileMs(block, { name, operations: operationsOf(from) }, dropped);
}

function timeOverBlocks(
  from: TimeSource,
  blocks: readonly MeasuredBlock[],
  dropped: DroppedShare,
): number | null {
  const { driver: name } = from;
  if (name === 'mean') return pooledMeanMs(blocks);
  if (name !== 'request') return pooledQuantileMs(blocks, { name, operations: operationsOf(from) }, dropped);
  const paired = blocks.flatMap(({ paired: own }) => own ?? []);
  const requests = paired.reduce((sum, own) => sum + own.requests, 0);
  const logs = paired.reduce((sum, own) => sum + own.meanLogUs * own.requests, 0);
  return requests === 0 ? null : Math.exp(logs / requests) / 1_000;
}

function amountIn({ name, from }: Figure, { counts, cpuUs, queried }: MeasuredBlock): number | null {
  if ('counter' in from) return counts === null ? null : countOf(counts, from);
  if ('cpu' in from) return from.cpu === 'world' ? worldCpu(cpuUs) : (cpuUs[from.cpu] ?? null);
  return queried[name] ?? null;
}

function divisorIn({ per }: Figure, { counts, countedSeconds }: MeasuredBlock): number | null {
  if (per === null) return 1;
  if (per === 'second') return countedSeconds;
  const divisor = divisorOf(per);
  return counts === null || divisor === null ? null : countOf(counts, divisor);
}

const servesNobody: ReadonlySet<string> = new Set(['driver', ...witnessNames()]);

/** CPU of the processes that serve: without the driver, and without witnesses. */
function worldCpu(cpuUs: CpuUs): number | null {
  const serving = Object.keys(cpuUs).filter((kind) => !servesNobody.has(kind));
  return sumOf(serving, (kind) => cpuUs[kind] ?? null);
}

/** The sum over blocks; null when one block lacks it, or when there are none. */
export function sumOf<Block>(
  blocks: readonly Block[],
  amount: (block: Block) => number | null,
): number | null {
  if (blocks.length === 0) return null;
  return blocks.reduce<number | null>((sum, block) => {
    const value = amount(block);
    return sum === null || value === null ? null : sum + value;
  }, 0);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function ratio(part: number | null, whole: number | null, ofNone: () => number | null): number | null {
  if (part === null || whole === null) return null;
  return whole === 0 ? ofNone() : part / whole;
}

const whenNone = ({ whenNone: given }: Figure, values: CandidateValues): number | null =>
  (typeof given === 'function' ? given(values) : given) ?? null;
