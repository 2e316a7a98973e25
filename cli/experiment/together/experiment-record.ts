import type { ScheduledPass } from '../../../loadtests/workloads/run-settings.ts';
import type { Experiment, SentPass } from '../experiment.ts';
import { judgeGenerator, lossGuards } from '../guards.ts';
import { isFailure } from '../whose-fault.ts';
import type { ExperimentPlan } from '../plan-experiment.ts';
import type { BlockRecord, IdleCpu, RoundRecord, WarmUpCurve } from '../records.ts';
import { roundsMin } from '../../statistics/spread-of-rounds.ts';
import type { RoundResult } from './rounds-of-part.ts';
import type { WarmedUp } from './warm-up-together.ts';

/** Gathers what the experiment says of itself. */
export function createRecord(labels: readonly string[], cores: number) {
  const blocks: BlockRecord[] = [];
  const rounds: RoundRecord[] = [];
  const order: string[][] = [];
  const warmUpCurves: WarmUpCurve[] = [];
  const idleCpu: IdleCpu[] = [];
  const sent: SentPass[] = [];
  let parts = 0;
  return {
    blocks,
    rounds,
    partBegan: () => {
      parts += 1;
    },
    warmed(
      part: number,
      { curves, requests, startMs, seconds: length, pass }: WarmedUp & { readonly pass: number },
    ): void {
      for (const [world, seconds] of curves.entries())
        warmUpCurves.push({ candidate: labels[world] ?? '', part, seconds });
      sent.push({
        pass,
        first: 0,
        requests,
        startMs,
        seconds: length,
        isMeasured: false,
        restartsBefore: part > 1,
      });
    },
    idled(part: number, rates: readonly Omit<IdleCpu, 'candidate' | 'part'>[]): void {
      for (const [world, { service, postgres, redis }] of rates.entries())
        idleCpu.push({ candidate: labels[world] ?? '', part, service, postgres, redis });
    },
    /** Requests that open connections are not measured, but they fill caches: the prediction of hits needs them. */
    settled({ pass, first, requests, pauseRequests }: ScheduledPass, endMs: number, rate: number): void {
      const seconds = requests / rate;
      const startMs = endMs - (seconds + pauseRequests / rate) * 1000;
      sent.push({ pass, first, requests, startMs, seconds, isMeasured: false, restartsBefore: false });
    },
    measured({ round, blocks: own, startMs }: RoundResult, { pass, first, requests }: ScheduledPass): void {
      rounds.push(round);
      blocks.push(...own);
      order.push(own.map(({ candidate }) => candidate));
      const { seconds } = round;
      sent.push({ pass, first, requests, startMs, seconds, isMeasured: true, restartsBefore: false });
    },
    /** Why the experiment cannot go on, or null. One stall of the machine in a short experiment says nothing of the generator. */
    isBroken: (plan: ExperimentPlan): 'generator' | 'gave-up' | null => {
      if (rounds.length >= roundsMin && isSaturated(rounds, cores)) return 'generator';
      return isServiceFailing(plan, blocks) ? 'gave-up' : null;
    },
    ended: (
      ended: Experiment['ended'],
      stoppedBecause: Experiment['stoppedBecause'],
      driverFailure: string | null = null,
    ): Experiment => ({
      blocks,
      rounds,
      warmUpCurves,
      idleCpu,
      order,
      parts,
      sent,
      ended: ended === 'complete' && isSaturated(rounds, cores) ? 'generator' : ended,
      stoppedBecause,
      driverFailure,
    }),
  };
}

/** A candidate that fails in so many rounds one after another will not recover. */
const failingRoundsMax = 2;

function isSaturated(rounds: readonly RoundRecord[], cores: number): boolean {
  const sum = (count: (round: RoundRecord) => number): number =>
    rounds.reduce((all, round) => all + count(round), 0);
  const coreUs = sum(({ seconds }) => seconds) * 1e6 * cores;
  const findings = judgeGenerator({
    offered: sum(({ offered }) => offered),
    dropped: sum(({ dropped }) => dropped),
    driverCpuShare: coreUs === 0 ? null : sum(({ driverCpuUs }) => driverCpuUs ?? 0) / coreUs,
  });
  return findings.length > 0;
}

/** Whether the baseline, or everybody who is compared with it, fails for good. */
function isServiceFailing({ candidates, baseline }: ExperimentPlan, blocks: readonly BlockRecord[]): boolean {
  const isFailing = (label: string): boolean => {
    const last = blocks.filter(({ candidate }) => candidate === label).slice(-failingRoundsMax);
    const isLost = last.some(({ findings }) => findings.some(({ guard }) => lossGuards.has(guard)));
    return isLost || (last.length === failingRoundsMax && last.every(isFailure));
  };
  const others = candidates.filter(({ role }) => role === 'candidate');
  return isFailing(baseline) || others.every(({ label }) => isFailing(label));
}
