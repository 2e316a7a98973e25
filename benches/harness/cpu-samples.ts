import { median } from './ratio-statistics.ts';

/** CPU time and wall time of some work, per operation. */
type Cost = { readonly cpuNs: number; readonly wallNs: number };

/** The cost of `operations` operations. CPU time is that of the whole process: collecting garbage is part of the price. */
async function measureCost(operations: number, work: () => void | Promise<void>): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  await work();
  const wallNs = (performance.now() - startedAtMs) * 1e6;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpuNs: ((user + system) * 1_000) / operations, wallNs: wallNs / operations };
}

export type SampleOptions = {
  readonly samples: number;
  readonly warmUpMs: number;
  /** How long one sample should take; the number of operations follows from the warm-up. */
  readonly sampleMs: number;
  readonly operationsMax: number;
};

const firstOperations = 2_000;

/** Warms `work` up, then measures it some times with as many operations as fill a sample; the median of each cost. */
export async function sampleCosts(
  work: (operations: number) => void | Promise<void>,
  { samples, warmUpMs, sampleMs, operationsMax }: SampleOptions,
): Promise<Cost & { readonly operations: number }> {
  const startedAtMs = performance.now();
  let perOperationMs = 1;
  do {
    const { wallNs } = await measureCost(firstOperations, () => work(firstOperations));
    perOperationMs = wallNs / 1e6;
  } while (performance.now() - startedAtMs < warmUpMs);
  const operations = Math.min(
    operationsMax,
    Math.max(firstOperations, Math.round(sampleMs / perOperationMs)),
  );
  const costs: Cost[] = [];
  for (let sample = 0; sample < samples; sample += 1)
    costs.push(await measureCost(operations, () => work(operations)));
  return {
    operations,
    cpuNs: median(costs.map(({ cpuNs }) => cpuNs)),
    wallNs: median(costs.map(({ wallNs }) => wallNs)),
  };
}
