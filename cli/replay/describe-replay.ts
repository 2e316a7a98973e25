import type { PlannedCandidate } from '../experiment/plan-experiment.ts';
import { roundsMin } from '../statistics/spread-of-rounds.ts';
import { describeLate } from '../recordings/late-requests.ts';
import { formatDuration } from '../report/progress.ts';
import type { RoundsOfRecording } from './plan-rounds.ts';
import type { RecordedLoad } from './read-load.ts';

/** When requests are sent, in sentences for the notes of a result. */
export function describeTiming(load: RecordedLoad, rounds: RoundsOfRecording, speed: number): string[] {
  const { rate, peakRate, lateShare, placesPerSecond, stretchMs } = rounds;
  const leftOut = describeLate(load.late ?? 0);
  const late =
    lateShare < 0.001
      ? []
      : [
          `${(100 * lateShare).toFixed(1)} % of the requests came later than recorded: more came at once than the ${placesPerSecond.toFixed(0)} places per second of the schedule.`,
        ];
  return [
    `Replayed at ${speed === 1 ? 'its own speed' : `${speed} × its speed`}: ${rate.toFixed(1)} requests/s on average and ${peakRate.toFixed(1)} at the busiest two seconds; times are kept to ${(stretchMs / 1000).toPrecision(2)} s and the turn of each world.`,
    ...late,
    ...describeEnd(load),
    ...describeFewRounds(rounds),
    ...(leftOut === null ? [] : [leftOut]),
  ];
}

/** What of the load that was recorded is not in a replay. */
function describeEnd({ requests, cutBy, meta }: RecordedLoad): string[] {
  const [first, last] = [requests[0], requests.at(-1)];
  const lasted = formatDuration(((last?.timeUs ?? 0) - (first?.timeUs ?? 0)) / 1e6);
  const remedy =
    cutBy === 'secondsMax'
      ? 'a longer --time-limit or a higher --speed replays more'
      : 'more are not planned in one go';
  return [
    ...(cutBy === null
      ? []
      : [
          `Only the first ${lasted} of the recording are taken, ${requests.length.toLocaleString('en-US')} requests, and it goes on after them: ${remedy}.`,
        ]),
    ...(meta.cut === undefined ? [] : [`The recording itself ends early: ${meta.cut}.`]),
  ];
}

function describeFewRounds({ rounds }: RoundsOfRecording): string[] {
  if (rounds.length >= roundsMin) return [];
  return [
    `With ${rounds.length === 1 ? 'one round' : `${rounds.length} rounds`} intervals are wide or unknown: a longer recording, a shorter --measure or a lower --speed makes more of them.`,
  ];
}

/** What part of the objects a replay asks for. */
export const describeSample = (share: number): string[] =>
  share === 1
    ? []
    : [
        `Sampled: the requests for ${(100 * share).toFixed(1)} % of the objects were replayed, chosen by a hash of each. Caches of ${(100 * share).toFixed(1)} % of a size answer as large a share of them as that size would of all.`,
      ];

/** What candidates have that no replay asks for. */
export function describeUnsent(candidates: readonly PlannedCandidate[]): string[] {
  const asked = candidates.filter(
    ({ role, candidate }) => role !== 'control' && candidate.gateway.gateway !== 'off',
  );
  return asked.map(
    ({ label }) =>
      `Not exercised: the gateway of ${label}, since requests for pages of metadata are not replayed.`,
  );
}
