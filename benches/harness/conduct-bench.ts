import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import type { Bench, Figures, Lab, OpenedBench } from './bench.ts';
import type { BenchResult, ContestantResult } from './bench-result.ts';

export type Conducted = Pick<BenchResult, 'contestants' | 'missing' | 'rounds'>;

type Outcome = Figures | string;

/** The contestants in an order drawn for the round, so that none always follows the same one. */
export function orderOf<Label extends string>(
  labels: readonly Label[],
  seed: number,
  round: number,
): Label[] {
  return labels
    .map((label, index) => ({ label, place: randomAt(seed, round, 0, index) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ label }) => label);
}

/** A bench without an `open`: each round is one process, prepared and measured. */
function openPlain(lab: Lab): OpenedBench {
  return {
    round: async (label) => {
      await lab.emptyRedis();
      return (await lab.launch(label)).measure();
    },
    close: async () => {},
  };
}

/** Every contestant once per round. One that fails is left out of that round; twice in a row, and it is out. */
export async function conductBench(bench: Bench, lab: Lab, rounds: number): Promise<Conducted> {
  const refused = bench.contestants.flatMap((label) => {
    const reason = bench.unavailable?.(label) ?? null;
    if (reason !== null) lab.context.report(`${bench.name}: ${label} is skipped: ${reason}`);
    return reason === null ? [] : [{ label, reason }];
  });
  const labels = bench.contestants.filter((label) => refused.every((missing) => missing.label !== label));
  const outcomes = new Map<string, Outcome[]>(labels.map((label) => [label, []]));
  const opened = await (bench.open?.(lab) ?? openPlain(lab));
  try {
    for (let round = 0; round < rounds && !lab.context.signal.aborted; round += 1) {
      for (const label of orderOf(labels, lab.seed, round)) {
        const own = outcomes.get(label) ?? [];
        if (isOut(own) || lab.context.signal.aborted) continue;
        own[round] = await opened.round(label).catch((error: unknown) => String(error));
        lab.context.report(`${bench.name} ${round + 1}/${rounds} ${label}: ${describe(bench, own[round])}`);
      }
    }
  } finally {
    await opened.close();
  }
  const failed = labels.flatMap((label) => {
    const reason = outcomes.get(label)?.find((outcome) => typeof outcome === 'string');
    return typeof reason === 'string' ? [{ label, reason }] : [];
  });
  const contestants = labels
    .map((label) => toResult(bench, label, outcomes.get(label) ?? [], rounds))
    .filter(({ figures }) => Object.values(figures).some((values) => values.some((value) => value !== null)));
  return { rounds, contestants, missing: [...refused, ...failed] };
}

function isOut(outcomes: readonly Outcome[]): boolean {
  return outcomes.length >= 2 && outcomes.slice(-2).every((outcome) => typeof outcome === 'string');
}

function describe({ metrics }: Bench, outcome: Outcome | undefined): string {
  if (typeof outcome !== 'object') return outcome ?? '';
  return metrics
    .map(({ key, decimals, unit }) => `${outcome[key]?.toFixed(decimals) ?? '–'} ${unit}`.trim())
    .join(', ');
}

function toResult(
  { metrics }: Bench,
  label: string,
  outcomes: readonly Outcome[],
  rounds: number,
): ContestantResult {
  const valueAt = (round: number, key: string): number | null => {
    const outcome = outcomes[round];
    const value = typeof outcome === 'object' ? outcome[key] : undefined;
    return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
  };
  const figures = metrics.map(({ key }) => [
    key,
    Array.from({ length: rounds }, (_, round) => valueAt(round, key)),
  ]);
  return { label, figures: Object.fromEntries(figures) as ContestantResult['figures'] };
}
