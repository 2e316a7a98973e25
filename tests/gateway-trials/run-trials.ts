import { setTimeout as wait } from 'node:timers/promises';
import type { MetadataClient, Refusal } from './metadata-client.ts';

export type TrialSettings = {
  readonly trials: number;
  /** So many are under way at once, each with a record of its own. */
  readonly atOnce: number;
  readonly consistency: 'consistent' | 'eventual';
  readonly signal?: AbortSignal;
};

export type TrialResult = {
  readonly trials: number;
  /** Reads that did not show what had been acknowledged before they were sent. */
  readonly stale: number;
  /** Reads that showed an older version than a read that had been answered before. */
  readonly backward: number;
  /** Answers that said: not now, by their code. The trial goes on with another try. */
  readonly refusals: Readonly<Record<string, number>>;
};

const refusedPauseMs = 20;
/** A minute: longer than any failover. */
const triesMax = 3_000;

/**
 * Each trial writes through one gateway, reads at once through the next, and again through the one after that: what was written must be
 * in both, and the second may not show less than the first.
 */
export async function runTrials(
  gateways: readonly MetadataClient[],
  { trials, atOnce, consistency, signal }: TrialSettings,
): Promise<TrialResult> {
  const refusals: Record<string, number> = {};
  const result = { trials: 0, stale: 0, backward: 0, refusals };
  let next = 0;
  const throughOne = async (
    at: number,
    ask: (gateway: MetadataClient) => Promise<number | Refusal>,
  ): Promise<number> => {
    const gateway = gateways[at % gateways.length];
    for (let tries = 0; gateway !== undefined && tries < triesMax; tries += 1) {
      const answer = await ask(gateway);
      if (typeof answer === 'number') return answer;
      refusals[answer.refused] = (refusals[answer.refused] ?? 0) + 1;
      await wait(refusedPauseMs);
    }
    throw new RangeError('a gateway refuses all the time');
  };
  const work = async (recordId: number): Promise<void> => {
    let highest = 0;
    while (next < trials && signal?.aborted !== true) {
      const trial = next;
      next += 1;
      const written = await throughOne(trial, (gateway) => gateway.write(recordId, `trial ${trial}`));
      for (const at of [trial + 1, trial + 2]) {
        const version = await throughOne(at, (gateway) => gateway.read(recordId, consistency));
        if (version < written) result.stale += 1;
        if (version < highest) result.backward += 1;
        highest = Math.max(highest, version);
      }
      result.trials += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => work(index + 1)));
  return result;
}
