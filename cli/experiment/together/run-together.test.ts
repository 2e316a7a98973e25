import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countOf } from '../../figures/counts.ts';
import { servedRequests } from '../../figures/taken-counters.ts';
import { arrivalCount, requestCount } from '../../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import { createFakeExperiment } from '../../../tests/support/fake-experiment.ts';
import type { FakeK6, FakeWorldSettings } from '../../../tests/support/fake-experiment.ts';
import type { Experiment } from '../experiment.ts';
import { planExperiment } from '../plan-experiment.ts';
import type { CompareOptions } from '../plan-experiment.ts';
import type { PlannedReplay } from '../planned-replay.ts';
import { runTogether } from './run-together.ts';
import type { SoFar, TogetherParts } from './run-together.ts';

const base: CompareOptions = {
  scenario: 'feed-browsing',
  profile: 'demo',
  pacing: 'together',
  rate: 40,
  measure: 2,
  warmUpRequests: 60,
  people: 60,
  photos: 300,
  replicas: 2,
  telemetry: 'metrics',
  seed: 1,
};
type PartDriver = (part: number) => FakeK6;
type Changes = Partial<Omit<TogetherParts, 'decide'>> & {
  readonly options?: Partial<CompareOptions>;
  readonly candidates?: readonly string[];
  readonly replay?: PlannedReplay;
  /** Of the rounds of a part, which is 1 or more; the warm-up goes well. */
  readonly k6?: PartDriver;
  readonly warmUp?: FakeK6;
  readonly decide?: (soFar: SoFar) => ReturnType<TogetherParts['decide']>;
  readonly world?: Partial<FakeWorldSettings>;
};

const goOn = { stop: false } as const;

/** An experiment of which everything that happens is logged. */
function createExperiment({
  options,
  candidates = ['versioned'],
  k6,
  warmUp = {},
  decide,
  world,
  replay,
  ...changes
}: Changes = {}) {
  const drawn = planExperiment(['no-cache', ...candidates], { ...base, ...options }, 2);
  const plan = { ...drawn, ...(replay !== undefined && { replay }) };
  const log: string[] = [];
  const driven: RunSettings[] = [];
  const decided: SoFar[] = [];
  let part = 1;
  const fake = createFakeExperiment(
    plan.candidates.map(({ label }) => ({ label, ...world })),
    ({ closedLoopUsers }) => (closedLoopUsers === undefined ? (k6?.(part) ?? {}) : warmUp),
  );
  const parts: TogetherParts = {
    sources: fake.sources,
    signal: new AbortController().signal,
    wait: fake.wait,
    targets: () => ({ worlds: plan.candidates.map((_, index) => [`http://127.0.0.1:${4_000 + index}`]) }),
    cores: 2,
    restart: async (next) => {
      part = next;
      log.push(`restart ${next}`);
    },
    drive: (settings, onRow, enough) => {
      driven.push(settings);
      log.push(settings.closedLoopUsers === undefined ? 'rounds' : 'warm up');
      return fake.drive(settings, onRow, enough);
    },
    onRequest: undefined,
    onPhase: () => {},
    onBegin: () => {},
    onSettled: async () => void log.push('settled'),
    onRound: (_, blocks) => void log.push(`round ${blocks[0]?.round}`),
    ...changes,
    decide: (soFar) => {
      // What it is given goes on to grow.
      decided.push({ ...soFar, rounds: [...soFar.rounds], blocks: [...soFar.blocks] });
      return decide?.(soFar) ?? goOn;
    },
  };
  return { ...fake, plan, log, driven, decided, run: () => runTogether(plan, parts) };
}

const roundsIn = ({ rounds }: Experiment) => rounds.map(({ round, part }) => [round, part]);

describe('an experiment together', () => {
  it('warms up, then runs its rounds, each with a block of every candidate', async () => {
    const { run, log, isDriven } = createExperiment({ options: { rounds: 3 } });
    const experiment = await run();
    assert.deepEqual(log, ['warm up', 'rounds', 'settled', 'round 1', 'round 2', 'round 3']);
    assert.deepEqual(
      [experiment.ended, experiment.stoppedBecause, experiment.parts],
      ['complete', 'rounds', 1],
    );
    assert.deepEqual(roundsIn(experiment), [
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    assert.deepEqual(
      experiment.order,
      Array.from({ length: 3 }, () => ['no-cache', 'versioned', 'no-cache′']),
    );
    assert.deepEqual(
      experiment.blocks.map(({ round, requests, counts }) => [
        round,
        requests,
        countOf(counts ?? {}, servedRequests),
      ]),
      [1, 2, 3].flatMap((round) => Array.from({ length: 3 }, () => [round, 80, 80])),
    );
    assert.equal(isDriven(), false);
  });

  it('keeps how each world warmed up, and what it used without load', async () => {
    const { run } = createExperiment({ options: { rounds: 1 }, world: { idleCpuUsPerSecond: 12_000 } });
    const { warmUpCurves, idleCpu, blocks } = await run();
    assert.deepEqual(
      warmUpCurves.map(({ candidate, part, seconds }) => [candidate, part, seconds.length > 1]),
      ['no-cache', 'versioned', 'no-cache′'].map((label) => [label, 1, true]),
    );
    assert.deepEqual(
      idleCpu.map(({ candidate, service }) => [candidate, Math.round(service ?? 0)]),
      ['no-cache', 'versioned', 'no-cache′'].map((label) => [label, 12_000]),
    );
    for (const { cpuUs } of blocks) assert.equal(Math.round(cpuUs.service ?? 0), 80 * 1_000);
  });

  it('stops when that is decided, and says why', async () => {
    for (const because of ['precision', 'no-gain', 'time-limit'] as const) {
      const { run, decided, isDriven } = createExperiment({
        decide: ({ rounds }) => (rounds.length === 4 ? { stop: true, because } : goOn),
      });
      const experiment = await run();
      assert.deepEqual([experiment.ended, experiment.stoppedBecause], ['complete', because]);
      assert.deepEqual(
        decided.map(({ rounds, blocks }) => [rounds.length, blocks.length]),
        [
          [1, 3],
          [2, 6],
          [3, 9],
          [4, 12],
        ],
      );
      assert.equal(isDriven(), false);
    }
  });

  it('decides by the time from the first warm-up request on', async () => {
    const { run, decided, clock } = createExperiment({ options: { rounds: 2 } });
    const beganMs = clock.now();
    const endsMs: number[] = [];
    await run();
    for (const { secondsUsed, secondsPerRound } of decided) {
      endsMs.push(beganMs + secondsUsed * 1000);
      // Two seconds, half a second of displacement and half of quiet.
      assert.equal(secondsPerRound, 3);
    }
    assert.ok(Math.abs((endsMs[1] ?? 0) - (endsMs[0] ?? 0) - 3_000) < 100);
    assert.ok((endsMs[0] ?? 0) - beganMs > 10_000, 'the warm-up counts');
  });
});

describe('what k6 is asked for', () => {
  it('is a closed loop to warm up, then rounds with pauses after a pass that opens connections', async () => {
    const { run, driven, plan } = createExperiment({ options: { rounds: 3 } });
    await run();
    const [warm, rounds] = driven as [RunSettings, RunSettings];
    assert.ok((warm.closedLoopUsers ?? 0) >= 1);
    assert.ok(requestCount(warm) >= plan.warmUpRequests * plan.replicas);
    assert.equal(rounds.closedLoopUsers, undefined);
    assert.equal(rounds.passes.length, 4);
    const [settle, ...measured] = rounds.passes;
    // Every virtual user gets its turn within two seconds of stall and a displacement.
    assert.ok((settle?.requests ?? 0) >= 40 * 2.5);
    for (const { requests, pauseRequests } of measured) assert.deepEqual([requests, pauseRequests], [80, 40]);
    assert.deepEqual(
      [warm, rounds].map(({ worlds }) => worlds.length),
      [3, 3],
    );
    assert.ok((rounds.spareArrivals ?? 0) > 0.05 * arrivalCount(rounds), 'arrivals that may be dropped');
  });

  it('is as many rounds as the time limit has room for, where they are not counted', async () => {
    const { run, driven } = createExperiment({
      options: { timeLimit: 90 },
      decide: () => ({ stop: true, because: 'precision' }),
    });
    await run();
    assert.equal(driven[1]?.passes.length, 1 + 30);
  });

  it('are requests that no other pass has asked', async () => {
    const { run, driven } = createExperiment({ options: { rounds: 5, parts: 2 } });
    await run();
    const passes = driven.flatMap((settings) => settings.passes.map(({ pass }) => pass));
    assert.equal(new Set(passes).size, passes.length);
  });
});

describe('parts', () => {
  it('share a fixed number of rounds; for each after the first all processes are started anew', async () => {
    const { run, log } = createExperiment({ options: { rounds: 7, parts: 3 } });
    const experiment = await run();
    assert.deepEqual(log, [
      ...['warm up', 'rounds', 'settled', 'round 1', 'round 2'],
      ...['restart 2', 'warm up', 'rounds', 'settled', 'round 3', 'round 4'],
      ...['restart 3', 'warm up', 'rounds', 'settled', 'round 5', 'round 6', 'round 7'],
    ]);
    assert.deepEqual(
      [experiment.ended, experiment.stoppedBecause, experiment.parts],
      ['complete', 'rounds', 3],
    );
    assert.deepEqual(
      roundsIn(experiment).map(([, part]) => part),
      [1, 1, 2, 2, 3, 3, 3],
    );
    assert.deepEqual(
      [...new Set(experiment.warmUpCurves.map(({ part }) => part))],
      [...new Set(experiment.idleCpu.map(({ part }) => part))],
    );
  });

  it('each but the last have their rounds; the last goes on until it is decided', async () => {
    const { run } = createExperiment({
      options: { parts: 2, timeLimit: 600 },
      decide: ({ rounds, part }) =>
        part === 2 && rounds.filter((round) => round.part === 2).length === 9
          ? { stop: true, because: 'precision' }
          : goOn,
    });
    const parts = roundsIn(await run()).map(([, part]) => part);
    const inFirst = parts.filter((part) => part === 1).length;
    assert.ok(inFirst >= 3, String(inFirst));
    assert.equal(parts.length - inFirst, 9);
  });

  it('that were not begun are not counted', async () => {
    const { run, log } = createExperiment({
      options: { parts: 3 },
      decide: () => ({ stop: true, because: 'time-limit' }),
    });
    const experiment = await run();
    assert.equal(experiment.parts, 1);
    assert.ok(!log.includes('restart 2'));
  });
});

describe('what was sent', () => {
  it('is told pass by pass on one clock, with restarts, as far as it was finished', async () => {
    const { run, driven } = createExperiment({ options: { rounds: 3, parts: 2 } });
    const { sent } = await run();
    const planned = driven.flatMap(({ passes }) => passes);
    assert.deepEqual(
      sent.map(({ pass, isMeasured, restartsBefore }) => [pass, isMeasured, restartsBefore]),
      planned.map(({ pass }, index) => [
        pass,
        ![0, 1, 3, 4].includes(index),
        // The warm-up of the second part.
        index === 3,
      ]),
    );
    for (const [index, { requests, startMs }] of sent.entries()) {
      const { requests: most = 0 } = planned[index] ?? {};
      assert.ok(requests > 0 && requests <= most);
      const before = sent[index - 1];
      if (before !== undefined)
        assert.ok(
          startMs >= before.startMs + before.seconds * 1000 - 1_000,
          `pass ${index} begins after the one before`,
        );
    }
  });
});

describe('an experiment ends', () => {
  /** Places in the schedule of a part from its first round on of which this share is dropped. */
  const dropping =
    (share: number): PartDriver =>
    () => ({
      isDropped: (place) => place > 600 && Math.floor(place * share) > Math.floor((place - 1) * share),
    });

  it('as the fault of the generator when more than one arrival in twenty was dropped', async () => {
    const { run } = createExperiment({ options: { rounds: 12 }, k6: dropping(0.08) });
    const experiment = await run();
    assert.equal(experiment.ended, 'generator');
    assert.ok(experiment.rounds.length < 12);
    const [offered, dropped] = [
      experiment.rounds.reduce((sum, round) => sum + round.offered, 0),
      experiment.rounds.reduce((sum, round) => sum + round.dropped, 0),
    ];
    assert.ok(dropped > 0.05 * offered, `${dropped} of ${offered}`);
  });

  it('as its fault, too, when k6 had hardly a core left for anybody', async () => {
    const endsWith = async (cpuUsPerSecond: number, rounds: number) => {
      const { run } = createExperiment({ options: { rounds }, k6: () => ({ cpuUsPerSecond }) });
      const experiment = await run();
      return [experiment.ended, experiment.rounds.length];
    };
    // Of two cores.
    assert.deepEqual(await endsWith(1_900_000, 12), ['generator', 7]);
    assert.deepEqual(await endsWith(1_900_000, 3), ['generator', 3]);
    assert.deepEqual(await endsWith(1_200_000, 3), ['complete', 3]);
  });

  it('as if nothing had been when fewer were', async () => {
    const { run } = createExperiment({ options: { rounds: 12 }, k6: dropping(0.03) });
    const experiment = await run();
    assert.deepEqual([experiment.ended, experiment.rounds.length], ['complete', 12]);
    for (const { requests, counts } of experiment.blocks)
      assert.deepEqual([requests, countOf(counts ?? {}, servedRequests)], [80, 80]);
  });

  it('as if nothing had been when many were while connections were opened', async () => {
    // Of the first two and a half seconds, in which nothing is measured.
    const k6 = () => ({ isDropped: (place: number) => place < 300 && place % 5 > 0 });
    const experiment = await createExperiment({ options: { rounds: 1 }, k6 }).run();
    assert.deepEqual([experiment.ended, experiment.driverFailure], ['complete', null]);
    assert.deepEqual([experiment.rounds[0]?.started, experiment.rounds[0]?.dropped], [240, 0]);
  });

  it('when k6 breaks, with the rounds that were finished', async () => {
    const ends = { afterMs: 12_500, failure: 'k6 was killed' };
    const experiment = await createExperiment({ options: { rounds: 5 }, k6: () => ({ ends }) }).run();
    assert.deepEqual([experiment.ended, experiment.driverFailure], ['generator', 'k6 was killed']);
    assert.ok(experiment.rounds.length > 0 && experiment.rounds.length < 5);
    assert.equal(experiment.blocks.length, 3 * experiment.rounds.length);
  });

  it('when k6 breaks while the worlds warm up', async () => {
    const warmUp = { ends: { afterMs: 2_000, failure: 'k6 was killed' } };
    const { run, log } = createExperiment({ warmUp });
    const experiment = await run();
    assert.deepEqual([experiment.ended, experiment.driverFailure], ['generator', 'k6 was killed']);
    assert.deepEqual(log, ['warm up']);
  });

  it('when k6 has no arrivals left for a round that is wanted', async () => {
    const experiment = await createExperiment({ options: { rounds: 1 }, k6: dropping(0.9) }).run();
    assert.equal(experiment.ended, 'generator');
    assert.match(experiment.driverFailure ?? '', /dropped \d+ arrivals/);
  });

  /** These fail a tenth of their requests in the second round, and in as many after it. */
  const failing = (labels: readonly string[], rounds: number): PartDriver => {
    const worlds = ['no-cache', 'versioned', 'cache-aside', 'no-cache′'];
    const isBad = (pass: number) => pass >= 3 && pass < 3 + rounds;
    return () => ({
      met: ({ pass, world, request }) => ({
        isExpected: !isBad(pass) || !labels.includes(worlds[world] ?? '') || request % 10 > 0,
      }),
    });
  };
  const three = { candidates: ['versioned', 'cache-aside'], options: { rounds: 5 } };
  const endOf = async (changes: Changes) => {
    const { ended, rounds } = await createExperiment({ ...three, ...changes }).run();
    return [ended, rounds.length];
  };

  it('when the baseline fails in two rounds one after another', async () => {
    assert.deepEqual(await endOf({ k6: failing(['no-cache'], 2) }), ['gave-up', 3]);
    assert.deepEqual(await endOf({ k6: failing(['no-cache'], 1) }), ['complete', 5]);
  });

  it('when no candidate is left to compare with it', async () => {
    assert.deepEqual(await endOf({ k6: failing(['versioned', 'cache-aside'], 2) }), ['gave-up', 3]);
    assert.deepEqual(await endOf({ k6: failing(['versioned', 'cache-aside'], 1) }), ['complete', 5]);
  });

  it('when a replica of the baseline is lost', async () => {
    const lostProcesses = () => [{ kindName: 'service', name: 'no-cache-1' }];
    assert.deepEqual(await endOf({ world: { lostProcesses } }), ['gave-up', 1]);
  });

  it('when what runs beside the replicas of the baseline is lost', async () => {
    const lostProcesses = () => [{ kindName: 'worker', name: 'no-cache-worker-1' }];
    assert.deepEqual(await endOf({ world: { lostProcesses } }), ['gave-up', 1]);
  });

  it('not when one candidate of several fails: the others are paired without it', async () => {
    const experiment = await createExperiment({ ...three, k6: failing(['versioned'], 5) }).run();
    assert.deepEqual([experiment.ended, experiment.rounds.length], ['complete', 5]);
    assert.deepEqual(
      experiment.blocks
        .filter(({ round }) => round === 2)
        .map(({ status, paired }) => [status, paired?.requests ?? null]),
      [
        ['valid', 80],
        ['invalid', null],
        ['valid', 80],
        ['valid', 80],
      ],
    );
  });

  for (const [when, isThere, rounds] of [
    ['while the worlds warm up', (entry: string) => entry === 'warm up', 0],
    ['in its third round', (entry: string) => entry === 'round 2', 2],
  ] as const) {
    it(`when it is interrupted ${when}, with the rounds that were finished`, async () => {
      const interruption = new AbortController();
      const fake = createExperiment({
        options: { rounds: 5 },
        signal: interruption.signal,
        onBegin: () => {
          if (fake.log.some(isThere)) interruption.abort();
        },
        onPhase: () => {
          if (rounds === 0) interruption.abort();
        },
      });
      const experiment = await fake.run();
      assert.deepEqual([experiment.ended, experiment.rounds.length], ['interrupted', rounds]);
      assert.equal(fake.isDriven(), false);
    });
  }
});

it('an interruption while nothing is asked leaves no figure of what worlds use without load', async () => {
  const interruption = new AbortController();
  const fake = createExperiment({
    signal: interruption.signal,
    wait: async (ms) => {
      // The warm-up is over: it is the idle worlds that are waited for.
      if (fake.log.length === 1 && !fake.isDriven()) interruption.abort();
      if (!interruption.signal.aborted) await fake.wait(ms);
    },
  });
  const { ended, idleCpu, warmUpCurves } = await fake.run();
  assert.deepEqual([ended, idleCpu, warmUpCurves.length], ['interrupted', [], 3]);
});

it('a replay has the rounds of its recording, however uneven they are', async () => {
  const spread = { placesPerStretch: 8, requests: [8, 0, 3, 8, 1, 0, 0, 4] };
  const replay: PlannedReplay = {
    title: 'a replay',
    rounds: [0, 24, 48].map((first) => ({ first, requests: 24, spread })),
    placesPerSecond: 80,
    peakRate: 40,
    notes: [],
  };
  const { run, log, driven } = createExperiment({ options: { rounds: 3 }, replay });
  const experiment = await run();
  assert.deepEqual(log, ['warm up', 'rounds', 'settled', 'round 1', 'round 2', 'round 3']);
  assert.deepEqual(
    experiment.blocks.map(({ round, requests, offered }) => [round, requests, offered]),
    [1, 2, 3].flatMap((round) => Array.from({ length: 3 }, () => [round, 24, 24])),
  );
  const rounds = driven.find(({ closedLoopUsers }) => closedLoopUsers === undefined);
  assert.deepEqual(
    rounds?.passes.slice(1).map(({ first, requests, spread: own }) => [first, requests, own]),
    [0, 24, 48].map((first) => [first, 24, spread]),
  );
  // What is sent before the first round comes at the rate of the rounds, and leaves a second to empty caches in.
  const [settle, first] = rounds?.passes ?? [];
  assert.equal((settle?.pauseRequests ?? 0) - (first?.pauseRequests ?? 0), 80);
  assert.equal(rounds?.peakRatePerSecond, 40);
});

it('listeners hear of every round as it ends, and of the experiment so far', async () => {
  const heard: (readonly [number, number, string])[] = [];
  const { run } = createExperiment({
    options: { rounds: 3 },
    onRound: (soFar, blocks) => void heard.push([soFar.rounds.length, blocks.length, soFar.ended]),
  });
  await run();
  assert.deepEqual(heard, [
    [1, 3, 'interrupted'],
    [2, 3, 'interrupted'],
    [3, 3, 'interrupted'],
  ]);
});
