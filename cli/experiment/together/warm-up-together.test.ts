import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import { createFakeExperiment } from '../../../tests/support/fake-experiment.ts';
import type { FakeK6, FakeWorldSettings } from '../../../tests/support/fake-experiment.ts';
import { readCounters } from '../../../app/cache/cache-counters.ts';
import { countsOf } from '../../figures/counts.ts';
import { warmUpTogether } from './warm-up-together.ts';
import type { WarmUpDriver } from './warm-up-together.ts';

/** 100 requests per second to each of two worlds: 300 in a step of three seconds, 3,000 at most. */
const settings: RunSettings = {
  seed: 1,
  people: 60,
  photos: 300,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1'], ['http://127.0.0.1:2']],
  passes: [{ pass: 0, first: 0, requests: 3_000, pauseRequests: 0 }],
  ratePerSecond: 100,
  arrivals: 'even',
  closedLoopUsers: 2,
};
const level: FakeWorldSettings[] = [{ label: 'a' }, { label: 'b' }];
/** Takes 3 ms of CPU at first, and half a millisecond less with each 300 requests until it is hot. */
const heating = (hotAfter: number) => (served: number) =>
  3_000 - 500 * Math.min(Math.floor((served - 1) / 300), hotAfter / 300);

type Changes = Partial<WarmUpDriver> & {
  readonly fakes?: readonly FakeWorldSettings[];
  readonly k6?: FakeK6;
};

function createWarmUp({ fakes = level, k6 = {}, ...changes }: Changes = {}) {
  const fake = createFakeExperiment(fakes, () => k6);
  const seen: number[] = [];
  const driver: WarmUpDriver = {
    worlds: fake.sources.worlds,
    settings,
    signal: new AbortController().signal,
    requestsMin: 300,
    secondsMin: 0,
    secondsMax: null,
    now: fake.clock.now,
    wait: fake.wait,
    drive: (onRow, enough) => fake.drive(settings, onRow, enough).ended,
    onStep: (sent) => void seen.push(sent),
    ...changes,
  };
  return { ...fake, seen, run: () => warmUpTogether(driver) };
}

describe('the warm-up of all worlds together', () => {
  it('ends when each had enough requests and takes no less CPU per request than before', async () => {
    const { run, isDriven, seen } = createWarmUp();
    const { requests, failure, seconds } = await run();
    // One step is never level with anything.
    assert.deepEqual([requests, seconds, failure], [600, 6, null]);
    assert.deepEqual(seen, [300, 600]);
    assert.equal(isDriven(), false);
  });

  it('goes on while a world has had too few requests', async () => {
    assert.equal((await createWarmUp({ requestsMin: 1_400 }).run()).requests, 1_500);
  });

  it('counts the requests of the world that had the fewest', async () => {
    const k6: FakeK6 = { met: ({ world, request }) => ({ isLost: world === 1 && request % 2 === 0 }) };
    const { requests } = await createWarmUp({ k6, requestsMin: 700 }).run();
    assert.equal(requests, 750);
  });

  it('goes on while one world gets quicker', async () => {
    const fakes = [{ label: 'a' }, { label: 'b', cpuUsOf: heating(1_200) }];
    // Steps 1 to 5 take 3,000 to 1,000 µs; the sixth is the first that is no quicker.
    assert.equal((await createWarmUp({ fakes }).run()).requests, 1_800);
  });

  it('takes a step that is hardly quicker for level', async () => {
    const slightly = (served: number) => 1_000 * 0.97 ** Math.floor((served - 1) / 300);
    const fakes = [{ label: 'a' }, { label: 'b', cpuUsOf: slightly }];
    assert.equal((await createWarmUp({ fakes }).run()).requests, 600);
  });

  it('ends with the last request that was planned when it never gets level', async () => {
    const fakes = [{ label: 'a' }, { label: 'b', cpuUsOf: (served: number) => 1e6 * 0.999 ** served }];
    const { requests, failure, curves } = await createWarmUp({ fakes }).run();
    assert.deepEqual([requests, failure], [3_000, null]);
    assert.ok((curves[1]?.length ?? 0) >= 10);
  });

  it('lasts as long as is wanted, but no longer than there is time', async () => {
    assert.equal((await createWarmUp({ secondsMin: 20 }).run()).seconds, 21);
    const never = [{ label: 'a', cpuUsOf: (served: number) => 1e6 * 0.999 ** served }, { label: 'b' }];
    const { seconds, failure } = await createWarmUp({ fakes: never, secondsMax: 10 }).run();
    assert.deepEqual([seconds, failure], [12, null]);
  });

  it('relies on the number of requests where nobody tells of CPU', async () => {
    const fakes = level.map(({ label }) => ({ label, cpuUsOf: () => null }));
    const { requests, curves } = await createWarmUp({ fakes, requestsMin: 900 }).run();
    assert.equal(requests, 900);
    assert.deepEqual(
      curves[0]?.map(({ cpuUsPerRequest }) => cpuUsPerRequest),
      [null, null, null],
    );
  });

  it('says when it began, for whoever predicts hits', async () => {
    const { run, clock } = createWarmUp();
    const beganMs = clock.now();
    assert.equal((await run()).startMs, beganMs);
  });
});

describe('how it went', () => {
  it('is kept of each world, step by step', async () => {
    const fakes = [
      {
        label: 'a',
        cpuUsOf: heating(600),
        // Every read of the first 300 is a load, every one after them a hit.
        counts: (served: number) =>
          countsOf(readCounters, {
            reads: served,
            loads: Math.min(300, served),
            redisHits: Math.max(0, served - 300),
          }),
      },
      { label: 'b' },
    ];
    const k6: FakeK6 = {
      met: ({ world, request }) => ({ tookUs: world === 0 && request < 300 ? 9_000 : 1_000 }),
    };
    const { curves } = await createWarmUp({ fakes, k6 }).run();
    const [a, b] = curves.map((curve) =>
      curve.map(({ requests, p50Us, hitRatio, cpuUsPerRequest }) => [
        requests,
        Math.round((p50Us ?? 0) / 1000),
        hitRatio === null ? null : Math.round(hitRatio),
        Math.round((cpuUsPerRequest ?? 0) / 100),
      ]),
    );
    // Answers of the first step may come in the second.
    const nearly = a?.map(([requests, ...rest]) => [Math.round((requests ?? 0) / 10) * 10, ...rest]);
    assert.deepEqual(nearly, [
      [300, 9, 0, 30],
      [300, 1, 1, 25],
      [300, 1, 1, 20],
      [300, 1, 1, 20],
    ]);
    assert.deepEqual(
      b?.map(([, ...rest]) => rest),
      Array.from({ length: 4 }, () => [1, null, 10]),
    );
  });

  it('is kept when k6 breaks, which is told', async () => {
    const { run } = createWarmUp({
      k6: { ends: { afterMs: 4_000, failure: 'k6 was killed' } },
      requestsMin: 2_000,
    });
    const { failure, curves, requests } = await run();
    assert.equal(failure, 'k6 was killed');
    assert.equal(curves[0]?.length, 2);
    assert.ok(requests >= 395 && requests <= 400, String(requests));
  });
});
