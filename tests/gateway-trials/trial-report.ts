import type { MetadataClient } from './metadata-client.ts';
import { runTrials } from './run-trials.ts';
import type { TrialResult } from './run-trials.ts';
import { startTrialProcesses } from './trial-processes.ts';

export type TrialPlan = {
  readonly databaseUrl: string;
  readonly trials: number;
  readonly gateways: number;
  readonly atOnce: number;
  readonly lateByMs: number;
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly told: (line: string) => void;
};

/** Those that wait for what is late are some hundredths as many. */
const lateShare = 0.02;

/**
 * Synchronised reads, the same with a late stream, and unsynchronised ones with a late stream. True: the first two missed nothing, and the
 * last did, so that the trial can fail.
 */
export async function tryAll(plan: TrialPlan): Promise<boolean> {
  const { gateways, atOnce, lateByMs, now, signal, told } = plan;
  const processes = await startTrialProcesses(plan);
  const tryOne = async (
    name: string,
    clients: readonly MetadataClient[],
    consistency: 'consistent' | 'eventual',
    trials: number,
  ): Promise<TrialResult> => {
    const startedAtMs = now();
    const result = await runTrials(clients, { trials, atOnce, consistency, ...(signal && { signal }) });
    told(describe(name, gateways, result, (now() - startedAtMs) / 1_000));
    return result;
  };
  const lateTrials = Math.max(atOnce, Math.ceil(plan.trials * lateShare));
  try {
    const prompt = await tryOne('synchronised', processes.prompt, 'consistent', plan.trials);
    const late = await tryOne(
      `synchronised, stream ${lateByMs} ms late`,
      processes.late,
      'consistent',
      lateTrials,
    );
    const free = await tryOne(`eventual, stream ${lateByMs} ms late`, processes.late, 'eventual', lateTrials);
    return [prompt, late].every((one) => one.stale + one.backward === 0) && free.stale > 0;
  } finally {
    await processes.stop();
  }
}

function describe(
  name: string,
  gateways: number,
  { trials, stale, backward, refusals }: TrialResult,
  seconds: number,
): string {
  const refused = Object.entries(refusals).map(([code, count]) => `${count} ${code}`);
  return (
    `${name}: ${trials} trials through ${gateways} gateways in ${seconds.toFixed(1)} s: ${stale} stale reads, ` +
    `${backward} reads that went back, refused: ${refused.join(', ') || 'none'}`
  );
}
