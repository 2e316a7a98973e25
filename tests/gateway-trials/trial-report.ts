import { disturbLeaders } from './disturb-leaders.ts';
import type { Disturbance } from './disturb-leaders.ts';
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
 * True: all of them were made, the last missed something, so that the trial can fail, the others nothing, and leaders were killed and stopped.
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
    const [disturbed, disturbance] = await whileDisturbed(processes, told, () =>
      tryOne('synchronised, leaders killed and stopped', processes.prompt, 'consistent', disturbedTrials),
    );
    return isProof({
      synchronised: [prompt, late, disturbed],
      free,
      disturbance,
      isWhole:
        prompt.trials === plan.trials &&
        disturbed.trials === disturbedTrials &&
        [late, free].every(({ trials }) => trials === lateTrials),
    });
  } finally {
    await processes.stop();
  }
}

async function whileDisturbed<Result>(
  { leaders }: TrialProcesses,
  told: TrialPlan['told'],
  work: () => Promise<Result>,
): Promise<readonly [Result, Disturbance]> {
  const ending = new AbortController();
  const disturbing = disturbLeaders(leaders, ending.signal);
  // Awaited below, also where the work fails.
  disturbing.catch(() => {});
  const result = await work().finally(() => ending.abort());
  const { killed, stopped } = await disturbing;
  told(`  meanwhile ${killed} leaders were killed, and ${stopped} stopped for longer than their lease`);
  if (killed === 0 || stopped === 0) told('  that is too few: more --trials last longer');
  return [result, { killed, stopped }];
}

type TrialEvidence = {
  readonly synchronised: readonly TrialResult[];
  readonly free: TrialResult;
  readonly disturbance: Disturbance;
  /** As many were made as were planned. */
  readonly isWhole: boolean;
};

/** Whether reads were looked at that could have missed something, and none that was synchronised did. */
export function isProof({ synchronised, free, disturbance, isWhole }: TrialEvidence): boolean {
  return (
    isWhole &&
    synchronised.every(({ stale, backward, watched }) => watched > 0 && stale + backward === 0) &&
    free.stale > 0 &&
    disturbance.killed > 0 &&
    disturbance.stopped > 0
  );
}

function describe(
  name: string,
  gateways: number,
  { trials, stale, backward, watched, refusals }: TrialResult,
  seconds: number,
): string {
  const refused = Object.entries(refusals).map(([code, count]) => `${count} ${code}`);
  return (
    `${name}: ${trials} trials through ${gateways} gateways in ${seconds.toFixed(1)} s: ${stale} stale reads, ` +
    `${backward} reads that went back (${watched} were by readers that write nothing), refused: ${refused.join(', ') || 'none'}`
  );
}
