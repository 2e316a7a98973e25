import { feedSeconds } from '../../app/contract/objectives.ts';
import type { PlannedReplay, ReplayedRound } from '../experiment/planned-replay.ts';
import type { BlockRecord } from '../experiment/records.ts';
import type { SoFar } from '../experiment/together/run-together.ts';
import { quantileMs } from '../statistics/histograms.ts';

/** What each candidate must keep: so many of the responses come within the time that is promised for a feed, and hardly any fails. */
const keptShare = 0.99;
const responseMsMax = feedSeconds * 1000;
const failedShareMax = 0.001;

/** Each step asks for half as much again. */
const stepFactor = 1.5;
const stepsMax = 12;
const firstRate = 5;
export const stepSeconds = 4;
const stretchMs = 100;
/**
 * The highest rate that is tried, per core and over all candidates: twice what the processors have room for
 * in a comparison, which is enough to fail.
 */
const requestsPerSecondAndCore = 300;

/** Rounds of a recording's requests at rising rates: the first that a candidate does not carry ends it. */
export type SpeedTrial = { readonly replay: PlannedReplay; readonly rates: readonly number[] };

export function planSpeedTrial({
  worlds,
  cores,
}: {
  readonly worlds: number;
  readonly cores: number;
}): SpeedTrial {
  const most = Math.max(firstRate, (requestsPerSecondAndCore * cores) / worlds);
  const rates: number[] = [];
  for (let rate = firstRate; rate <= most && rates.length < stepsMax; rate *= stepFactor) rates.push(rate);
  const highest = rates.at(-1) ?? firstRate;
  const placesPerStretch = Math.ceil((highest * stretchMs) / 1000) * 2;
  const rounds: ReplayedRound[] = [];
  let first = 0;
  for (const rate of rates) {
    const requests = Math.round(rate * stepSeconds);
    rounds.push({ first, requests, spread: { placesPerStretch, requests: evenly(requests) } });
    first += requests;
  }
  const placesPerSecond = (placesPerStretch * 1000) / stretchMs;
  const title = 'its requests faster and faster';
  return { replay: { title, rounds, placesPerSecond, peakRate: highest, notes: [] }, rates };
}

/** The requests of a step, over its stretches. */
function evenly(requests: number): number[] {
  const stretches = (stepSeconds * 1000) / stretchMs;
  const upTo = (stretch: number): number => Math.floor((requests * stretch) / stretches);
  return Array.from({ length: stretches }, (_, stretch) => upTo(stretch + 1) - upTo(stretch));
}

/** Whether a candidate kept what is promised in a round. */
function isCarried({ status, requests, errors, responseTimeUs }: BlockRecord): boolean {
  const slowMs = quantileMs(responseTimeUs, keptShare);
  return (
    status !== 'invalid' &&
    requests > 0 &&
    errors <= failedShareMax * requests &&
    slowMs !== null &&
    slowMs <= responseMsMax
  );
}

/** Why a step was not carried, in words; null: it was. */
export function troubleOfStep(
  { blocks, rounds }: Pick<SoFar, 'blocks' | 'rounds'>,
  step: number,
): string | null {
  const round = rounds[step];
  if (round === undefined) return 'it was not tried';
  const own = blocks.filter((block) => block.round === round.round);
  const failing = own.find((block) => !isCarried(block));
  if (failing !== undefined) return describeTrouble(failing);
  return round.dropped > 0 ? `${round.dropped} requests found nobody to send them` : null;
}

function describeTrouble({ candidate, requests, errors, responseTimeUs, findings }: BlockRecord): string {
  const hard = findings.find(({ kind }) => kind === 'hard');
  if (hard !== undefined) return `${candidate}: ${hard.message}`;
  if (errors > failedShareMax * requests) return `${errors} of ${requests} requests to ${candidate} failed`;
  const slowMs = quantileMs(responseTimeUs, keptShare);
  if (slowMs === null) return `${candidate} has answered nothing`;
  return `of the answers of ${candidate}, 99 % took up to ${slowMs.toFixed(0)} ms`;
}

/** So many steps one after another are a limit. A single one may have met a bad moment of the machine. */
const troubledMax = 2;

/** How many steps from the first on all candidates carried, up to the first two in a row that one of them did not. */
export function stepsCarried(soFar: Pick<SoFar, 'blocks' | 'rounds'>): number {
  let [carried, troubled] = [0, 0];
  for (let step = 0; step < soFar.rounds.length && troubled < troubledMax; step += 1) {
    troubled = troubleOfStep(soFar, step) === null ? 0 : troubled + 1;
    if (troubled === 0) carried = step + 1;
  }
  return carried;
}

/** Whether a further step would tell nothing. */
export const isLimitFound = (soFar: Pick<SoFar, 'blocks' | 'rounds'>): boolean =>
  soFar.rounds.length - stepsCarried(soFar) >= troubledMax;
