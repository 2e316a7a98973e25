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
  /** Reads that showed an older version than a read that had been answered before they were sent. */
  readonly backward: number;
  /** Reads by those who write nothing: what is not acknowledged yet can go backward only where they look. */
  readonly watched: number;
  /** Answers that said: not now, by their code. The trial goes on with another try. */
  readonly refusals: Readonly<Record<string, number>>;
};

const refusedPauseMs = 20;
/** A minute: longer than any failover. */
const triesMax = 3_000;

/**
 * Each trial writes through one gateway, reads at once through the next, and again through the one after that: what was written must be
 * in both. Of each record somebody reads all the while, through one gateway after another, and writes nothing. No read may show less than one
 * that was answered before.
 */
export async function runTrials(
  gateways: readonly MetadataClient[],
  { trials, atOnce, consistency, signal }: TrialSettings,
): Promise<TrialResult> {
  const refusals: Record<string, number> = {};
  const result = { trials: 0, stale: 0, backward: 0, watched: 0, refusals };
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
  const createReader = (recordId: number) => {
    let highest = 0;
    return async (at: number): Promise<number> => {
      const answeredBefore = highest;
      const version = await throughOne(at, (gateway) => gateway.read(recordId, consistency));
      if (version < answeredBefore) result.backward += 1;
      highest = Math.max(highest, version);
      return version;
    };
  };
  const work = async (recordId: number, read: (at: number) => Promise<number>): Promise<void> => {
    while (next < trials && signal?.aborted !== true) {
      const trial = next;
      next += 1;
      const written = await throughOne(trial, (gateway) => gateway.write(recordId, `trial ${trial}`));
      for (const at of [trial + 1, trial + 2]) {
        if ((await read(at)) < written) result.stale += 1;
      }
      result.trials += 1;
    }
  };
  const workAndWatch = async (recordId: number): Promise<void> => {
    const read = createReader(recordId);
    let isDone = false;
    const working = work(recordId, read).finally(() => (isDone = true));
    const watch = async (): Promise<void> => {
      for (let at = 0; !isDone; at += 1) {
        await read(at);
        result.watched += 1;
      }
    };
    await Promise.all([working, watch()]);
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => workAndWatch(index + 1)));
  return result;
}
