import { pauseSeconds } from '../experiment/together/rounds-of-part.ts';
import type { ReplayedRound } from '../experiment/planned-replay.ts';
import { spreadRequests } from './spread-requests.ts';

/** How requests of a recording become rounds. */
export type RoundsOfRecording = {
  readonly rounds: readonly ReplayedRound[];
  readonly placesPerSecond: number;
  /** Requests per second on average. */
  readonly rate: number;
  /** The most requests per second over two seconds. */
  readonly peakRate: number;
  /** Share of the requests that come later than they were recorded, since more came at once than the schedule has places for. */
  readonly lateShare: number;
  /** What requests keep their times to. */
  readonly stretchMs: number;
  /** How long all rounds take, with the pauses between them. */
  readonly seconds: number;
};

export type RoundsWanted = {
  readonly roundSeconds: number;
  readonly worlds: number;
};

/** An experiment has no more rounds. */
const roundsMax = 400;
/** With fewer, a round says nothing. */
export const requestsPerRoundMin = 20;
/** Requests keep their times to that, or to what a long recording leaves: how many each stretch has must fit into k6's settings. */
const stretchMsMin = 100;
const stretchesMax = 15_000;
/** Places for each request, the fewest that keep all but one in a hundred requests in time. More of them cost k6 more idle turns. */
const placesPerRequest = [4, 8, 16];
const lateShareMax = 0.01;
/**
 * Places per second, over all worlds. An empty place is an idle turn of k6; so many of them take a few
 * percent of a core.
 */
export const placesPerSecondMax = 5_000;
const peakMs = 2_000;

/**
 * Cuts a recording into rounds of about as many requests each, in the order and with the distances in time that were recorded. Between two
 * rounds the load pauses, since counters are read then; so that the recording's clock does not fall behind, each round is sent a
 * little faster and makes the pause good. `timesMs` are ascending and counted from the first request.
 */
export function planRounds(timesMs: Float64Array, wanted: RoundsWanted): RoundsOfRecording {
  const attempts = placesPerRequest.map((places) => tryRounds(timesMs, wanted, places));
  const fitting = attempts.find(({ lateShare }) => lateShare <= lateShareMax) ?? attempts.at(-1);
  if (fitting === undefined) throw new RangeError('no number of places was tried');
  return fitting;
}

function tryRounds(timesMs: Float64Array, { roundSeconds, worlds }: RoundsWanted, factor: number) {
  const total = timesMs.length;
  const lengthMs = Math.max(1_000, (timesMs.at(-1) ?? 0) * (1 + 1 / Math.max(1, total)));
  const rate = (total * 1000) / lengthMs;
  const stretchMs = Math.max(stretchMsMin, Math.ceil(lengthMs / stretchesMax));
  const bound = placesPerSecondMax / worlds;
  const placesPerStretch = Math.max(1, Math.ceil((Math.min(factor * rate, bound) * stretchMs) / 1000));
  const placesPerSecond = (placesPerStretch * 1000) / stretchMs;
  const pauseMs = 1000 * pauseSeconds(placesPerSecond);
  const perRound = Math.max(requestsPerRoundMin, Math.round(rate * roundSeconds));
  const count = Math.min(roundsMax, Math.max(1, Math.floor(total / perRound)));
  const rounds: ReplayedRound[] = [];
  let [nowMs, lateRequests] = [0, 0];
  for (let round = 0; round < count; round += 1) {
    const first = Math.floor((total * round) / count);
    const next = Math.floor((total * (round + 1)) / count);
    const fromMs = timesMs[first] ?? 0;
    const toMs = next < total ? (timesMs[next] ?? lengthMs) : lengthMs;
    const ownMs = Math.max(1, toMs - fromMs);
    const stretches = Math.max(
      1,
      Math.round((toMs - nowMs - pauseMs) / stretchMs),
      Math.ceil((next - first) / placesPerStretch),
    );
    const shares = Array.from(timesMs.subarray(first, next), (ms) => Math.min(1, (ms - fromMs) / ownMs));
    const { spread, late } = spreadRequests(shares, { stretches, placesPerStretch });
    rounds.push({ first, requests: next - first, spread });
    lateRequests += late;
    nowMs += spread.requests.length * stretchMs + pauseMs;
  }
  const lateShare = total === 0 ? 0 : lateRequests / total;
  return {
    rounds,
    placesPerSecond,
    // Where too many requests found no place at their times, the rounds are as long as all of them need: the
    // rate is lower than planned.
    rate: lateShare > lateShareMax ? Math.min(rate, (total * 1000) / nowMs) : rate,
    peakRate: peakOf(rounds, stretchMs),
    lateShare,
    stretchMs,
    seconds: nowMs / 1000,
  };
}

function peakOf(rounds: readonly ReplayedRound[], stretchMs: number): number {
  const window = Math.max(1, Math.round(peakMs / stretchMs));
  let most = 0;
  for (const { spread } of rounds) {
    let held = 0;
    for (const [stretch, requests] of spread.requests.entries()) {
      held += requests - (spread.requests[stretch - window] ?? 0);
      most = Math.max(most, held);
    }
  }
  return (most * 1000) / (window * stretchMs);
}
