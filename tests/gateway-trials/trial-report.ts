import { disturbLeaders } from './disturb-leaders.ts';
import type { MetadataClient } from './metadata-client.ts';
import { runTrials } from './run-trials.ts';
import type { TrialResult } from './run-trials.ts';
import { startTrialProcesses } from './trial-processes.ts';
import type { TrialProcesses } from './trial-processes.ts';

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

/** Of all trials, so many are made while leaders come and go. */
const disturbedShare = 0.2;
/** Those that wait for what is late are some hundredths as many. */
const lateShare = 0.02;

/**
 * Synchronised reads, the same with a late stream, the same while leaders are killed and stopped, and unsynchronised ones with a late stream.
 * True: the last missed something, so that the trial can fail, and the others nothing.
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
  const disturbedTrials = Math.max(atOnce, Math.ceil(plan.trials * disturbedShare));
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
    const disturbed = await whileDisturbed(processes, told, () =>
      tryOne('synchronised, leaders killed and stopped', processes.prompt, 'consistent', disturbedTrials),
    );
    return [prompt, late, disturbed].every((one) => one.stale + one.backward === 0) && free.stale > 0;
  } finally {
    await processes.stop();
  }
}

async function whileDisturbed<Result>(
  { leaders, startLeader }: TrialProcesses,
  told: TrialPlan['told'],
  work: () => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController();
  const disturbing = disturbLeaders(leaders, startLeader, ending.signal);
  try {
    return await work();
  } finally {
    ending.abort();
    const { killed, stopped } = await disturbing;
    told(`  meanwhile ${killed} leaders were killed, and ${stopped} stopped for longer than their lease`);
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
