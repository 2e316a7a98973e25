import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRounds } from './plan-rounds.ts';
import type { RoundsOfRecording } from './plan-rounds.ts';
import { pauseSeconds } from '../experiment/together/rounds-of-part.ts';

const wanted = { roundSeconds: 12, worlds: 4 };

/** When each request has its place, milliseconds after the first round begins. */
function timesIn({ rounds, placesPerSecond }: RoundsOfRecording): number[] {
  let fromMs = 0;
  return rounds.flatMap(({ spread }) => {
    const stretchMs = (spread.placesPerStretch * 1000) / placesPerSecond;
    const beganMs = fromMs;
    fromMs += spread.requests.length * stretchMs + pauseSeconds(placesPerSecond) * 1000;
    return spread.requests.flatMap((held, stretch) =>
      Array.from({ length: held }, (_, place) => beganMs + (stretch + place / held) * stretchMs),
    );
  });
}

test('all requests are sent, in their order, in rounds of as many as come in the wanted time', () => {
  const times = Float64Array.from({ length: 6_000 }, (_, index) => index * 20);
  const planned = planRounds(times, wanted);
  assert.equal(planned.rate.toFixed(1), '50.0');
  assert.deepEqual(
    planned.rounds.map(({ first, requests }) => [first, requests]),
    Array.from({ length: 10 }, (_, round) => [round * 600, 600]),
  );
  for (const { requests, spread } of planned.rounds)
    assert.equal(
      spread.requests.reduce((sum, held) => sum + held, 0),
      requests,
    );
  assert.equal(planned.lateShare, 0);
});

test('a round makes the pause after it good: the recording never falls behind by more than one', () => {
  const times = Float64Array.from({ length: 6_000 }, (_, index) => index * 20);
  const planned = planRounds(times, wanted);
  const offsets = timesIn(planned).map((ms, index) => ms - (times[index] ?? 0));
  const mostMs = 1000 * pauseSeconds(planned.placesPerSecond) + 200;
  assert.ok(
    offsets.every((ms) => Math.abs(ms) <= mostMs),
    `${Math.min(...offsets)} to ${Math.max(...offsets)} ms beside ${mostMs}`,
  );
});

test('a load that swells is sent as it swelled', () => {
  // Ten requests in the first half of each second, and two in the other.
  const times = Float64Array.from({ length: 12 * 120 }, (_, index) => {
    const within = index % 12;
    return Math.floor(index / 12) * 1000 + (within < 10 ? within * 50 : 500 + (within - 10) * 250);
  });
  const planned = planRounds(times, wanted);
  const sent = timesIn(planned);
  const gaps = sent.slice(1).map((ms, index) => ms - (sent[index] ?? 0));
  // Where the recording had one request in 50 ms, the replay has about that, too.
  assert.ok(gaps.filter((ms) => ms < 80).length > 0.7 * gaps.length);
  assert.ok(planned.peakRate > planned.rate * 0.9 && planned.peakRate < planned.rate * 1.5);
});

test('what came at once is spread over as many stretches as it takes, and that is said', () => {
  const burst = Float64Array.from({ length: 3_000 }, (_, index) =>
    index < 2_000 ? 0 : (index - 2_000) * 100,
  );
  const planned = planRounds(burst, wanted);
  assert.ok(planned.lateShare > 0.2, String(planned.lateShare));
  assert.equal(
    planned.rounds.reduce((sum, { requests }) => sum + requests, 0),
    3_000,
  );
  for (const { spread } of planned.rounds)
    assert.ok(spread.requests.every((held) => held <= spread.placesPerStretch));
});

test('a recording of any length and shape has at most 400 rounds, and what k6 is told of them stays small', () => {
  const day = Float64Array.from({ length: 20_000 }, (_, index) => index * 4_320);
  const planned = planRounds(day, wanted);
  assert.ok(planned.rounds.length <= 400);
  assert.ok(JSON.stringify(planned.rounds).length < 100_000);
  assert.equal(planned.stretchMs, 5_760);
  for (const few of [[0], [0, 0, 0], [0, 3_600_000]]) {
    const { rounds } = planRounds(Float64Array.from(few), wanted);
    assert.deepEqual(
      rounds.map(({ requests }) => requests),
      [few.length],
    );
  }
});
