import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { displacementWidthMs } from '../../../loadtests/workloads/arrivals.ts';
import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../../loadtests/workloads/schedule.ts';
import { createFakeExperiment, driverCpuUsPerSecond } from '../../../tests/support/fake-experiment.ts';
import type { FakeK6, FakeWorldSettings } from '../../../tests/support/fake-experiment.ts';
import type { RawRequest } from '../../k6/pass-timings.ts';
import { readCounters } from '../../../app/cache/cache-counters.ts';
import { countOf, countsOf } from '../../figures/counts.ts';
import { servedRequests } from '../../figures/taken-counters.ts';
import type { IdleRate } from '../records.ts';
import { quietMs, runRounds } from './rounds-of-part.ts';
import type { PartDriver, RoundResult } from './rounds-of-part.ts';

const rate = 40;
const roundRequests = 80;
const passOf = (pass: number) => ({
  ...{ pass, first: 0, requests: roundRequests },
  pauseRequests: ((displacementWidthMs(rate) + quietMs) / 1000) * rate,
});
/** Two worlds: a settle pass, then three rounds of two seconds. */
const settings: RunSettings = {
  seed: 1,
  people: 60,
  photos: 300,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1'], ['http://127.0.0.1:2']],
  passes: [1, 2, 3, 4].map(passOf),
  ratePerSecond: rate,
  arrivals: 'poisson',
  spareArrivals: 200,
};
/** What is waited for again and again: a first sample, and the end of a pass. */
const [pollMs, longestWaitMs] = [20, 500];
const twoWorlds: readonly FakeWorldSettings[] = [{ label: 'a' }, { label: 'b' }];

type Changes = Partial<PartDriver> & {
  readonly worlds?: readonly FakeWorldSettings[];
  readonly k6?: FakeK6;
  readonly idle?: readonly IdleRate[];
  readonly passes?: RunSettings['passes'];
};

/** A part whose rounds are kept; all of them are wanted unless `onRound` says otherwise. */
function createPart({ worlds = twoWorlds, k6 = {}, idle = [], passes, ...changes }: Changes = {}) {
  const own = passes === undefined ? settings : { ...settings, passes };
  const fake = createFakeExperiment(worlds, () => k6);
  const results: RoundResult[] = [];
  const raw: [number, RawRequest][] = [];
  const began: number[] = [];
  const driver: PartDriver = {
    sources: fake.sources,
    wait: fake.wait,
    drive: (onRow, enough) => fake.drive(own, onRow, enough),
    onRequest: (round, request) => void raw.push([round, request]),
    onBegin: (round) => void began.push(round),
    signal: new AbortController().signal,
    ...changes,
    onRound: (result) => {
      results.push(result);
      return changes.onRound?.(result) ?? true;
    },
  };
  return {
    ...fake,
    results,
    raw,
    began,
    run: () => runRounds({ part: 2, firstRound: 5, settings: own, idle }, driver),
  };
}

describe('the rounds of a part', () => {
  it('follow the pass that settles, and are numbered on from the part before', async () => {
    const { run, results, began, isDriven } = createPart();
    assert.equal(await run(), null);
    assert.deepEqual(began, [5, 6, 7]);
    assert.deepEqual(
      results.map(({ round, blocks }) => [
        round.round,
        round.part,
        ...blocks.map(({ candidate }) => candidate),
      ]),
      [
        [5, 2, 'a', 'b'],
        [6, 2, 'a', 'b'],
        [7, 2, 'a', 'b'],
      ],
    );
    for (const { round } of results)
      assert.deepEqual([round.offered, round.started, round.dropped], [160, 160, 0]);
    assert.equal(isDriven(), false, 'k6 has ended');
  });

  it('are told of in the form of blocks that count', async () => {
    const { run, results } = createPart();
    await run();
    for (const block of results.flatMap(({ blocks }) => blocks)) {
      assert.deepEqual([block.attempt, block.slot, block.status, block.findings.length], [1, 0, 'valid', 0]);
      assert.deepEqual([block.offered, block.requests, block.errors, block.dropped], [80, 80, 0, null]);
      assert.deepEqual([block.paired?.requests, block.responseTimeUs?.totalCount], [80, 80]);
    }
  });

  it('are each read at both edges, in the pauses: what was counted is what was asked', async () => {
    const { run, results, readAtMs, clock } = createPart();
    const beganMs = clock.now();
    await run();
    for (const { blocks } of results)
      assert.deepEqual(
        blocks.map(({ counts }) => countOf(counts ?? {}, servedRequests)),
        [roundRequests, roundRequests],
      );
    const { arrivalsOf, latticeMs } = createSchedule(settings);
    const pauses = settings.passes.map((_, scheduled) => ({
      fromMs: latticeMs(arrivalsOf(scheduled).to) + displacementWidthMs(rate),
      toMs: latticeMs(arrivalsOf(scheduled).to) + displacementWidthMs(rate) + quietMs,
    }));
    assert.equal(readAtMs.length, pauses.length * 2, 'once for each world in each pause');
    for (const [index, atMs] of readAtMs.entries()) {
      const { fromMs, toMs } = pauses[Math.floor(index / 2)] as (typeof pauses)[number];
      assert.ok(atMs - beganMs >= fromMs && atMs - beganMs < toMs, `reading ${index}`);
    }
  });

  it('tell every request of theirs, and none of the pass that settles', async () => {
    const { run, raw } = createPart();
    await run();
    assert.equal(raw.length, 3 * 160);
    const names = raw.map(([round, { request, world }]) => `${round} ${request} ${world}`);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual([...new Set(raw.map(([round]) => round))], [5, 6, 7]);
  });

  it('end when no more are wanted, and k6 with them', async () => {
    const { run, results, isDriven } = createPart({ onRound: ({ round }) => round.round < 6 });
    assert.equal(await run(), null);
    assert.equal(results.length, 2);
    assert.equal(isDriven(), false);
  });

  it('do not count where what precedes the first one reached into it', async () => {
    const statusesAfter = async (settlingMs: number) => {
      const { run, results, wait } = createPart({ onSettled: () => wait(settlingMs) });
      assert.equal(await run(), null);
      return results.map(({ blocks }) =>
        blocks.flatMap(({ findings }) => findings.map(({ guard }) => guard)),
      );
    };
    assert.deepEqual(await statusesAfter(0), [[], [], []]);
    assert.deepEqual(await statusesAfter(quietMs + 200), [['late-settling', 'late-settling'], [], []]);
  });

  it('do not count where nothing of them was heard: the driver stood still', async () => {
    const k6: FakeK6 = { met: ({ pass }) => ({ isLost: pass === 3 }) };
    const { run, results } = createPart({ k6, passes: [1, 2, 3, 4, 5, 6, 7].map(passOf) });
    assert.equal(await run(), null);
    assert.deepEqual(
      results
        .slice(0, 3)
        .map(({ blocks }) =>
          blocks.map(({ status, requests, findings }) => [status, requests, findings[0]?.guard]),
        ),
      [
        Array.from({ length: 2 }, () => ['valid', 80, undefined]),
        Array.from({ length: 2 }, () => ['invalid', 0, 'hardly-sent']),
        Array.from({ length: 2 }, () => ['valid', 80, undefined]),
      ],
    );
  });

  it('are heard to their end by a command that the machine has given no time', async () => {
    let starvedWaits = 0;
    const part = createPart({
      onBegin: (round) => {
        if (round === 6) starvedWaits = 3;
      },
      wait: async (ms) => {
        if (starvedWaits === 0) return part.wait(ms);
        // Time passes, and what has come is not read.
        starvedWaits -= 1;
        part.clock.advance(8_000);
      },
    });
    assert.equal(await part.run(), null);
    assert.deepEqual(
      part.results.map(({ blocks }) => blocks.map(({ status, requests }) => [status, requests])),
      Array.from({ length: 3 }, () => Array.from({ length: 2 }, () => ['valid', 80])),
    );
  });

  it('count where nothing precedes them, however long it takes to read counters', async () => {
    let isLate = false;
    const part = createPart({
      wait: async (ms) => {
        // The first wait that is not one of many alike ends with the pass that settles.
        const lateMs = !isLate && ![pollMs, longestWaitMs].includes(ms) ? quietMs + 200 : 0;
        isLate ||= lateMs > 0;
        await part.wait(ms + lateMs);
      },
    });
    assert.equal(await part.run(), null);
    assert.ok(isLate);
    const guards = part.results.flatMap(({ blocks }) => blocks.flatMap(({ findings }) => findings));
    assert.deepEqual(guards, []);
  });

  it('are put off by dropped arrivals, which are counted', async () => {
    const settled = createSchedule(settings).arrivalsOf(1).from;
    const isDropped = (place: number) => place >= settled + 60 && place < settled + 100;
    const { run, results } = createPart({ k6: { isDropped } });
    assert.equal(await run(), null);
    assert.deepEqual(
      results.map(({ round }) => [round.offered, round.started, round.dropped]),
      [
        [200, 160, 40],
        [160, 160, 0],
        [160, 160, 0],
      ],
    );
    for (const { blocks } of results)
      assert.ok(blocks.every(({ counts }) => countOf(counts ?? {}, servedRequests) === 80));
  });
});

describe('CPU of a round', () => {
  it('is what its requests took: what a world uses without load is taken off', async () => {
    const worlds = [
      { label: 'a', cpuUsOf: () => 700, idleCpuUsPerSecond: 30_000 },
      { label: 'b', cpuUsOf: () => 400, idleCpuUsPerSecond: 5_000 },
    ];
    const idle = worlds.map(({ idleCpuUsPerSecond }) => ({
      service: idleCpuUsPerSecond,
      postgres: 0,
      redis: 0,
      further: {},
    }));
    const { run, results } = createPart({ worlds, idle });
    await run();
    for (const { blocks } of results) {
      assert.deepEqual(
        blocks.map(({ cpuUs }) => [Math.round(cpuUs.service ?? 0), cpuUs.postgres, cpuUs.redis]),
        [
          [700 * 80, 200 * 80, 0],
          [400 * 80, 200 * 80, 0],
        ],
      );
    }
  });

  it('of what runs beside the replicas is told by kind, and is CPU of the experiment', async () => {
    const worlds = [{ label: 'a', workerCpuUsPerRequest: 300, idleCpuUsPerSecond: 20_000 }, { label: 'b' }];
    const nothing = { service: 0, postgres: 0, redis: 0 };
    const idle = [
      { ...nothing, further: { worker: 20_000 } },
      { ...nothing, further: {} },
    ];
    const { run, results } = createPart({ worlds, idle });
    await run();
    for (const { blocks } of results) {
      const [a, b] = blocks.map(({ cpuUs }) => cpuUs['worker']);
      assert.equal(Math.round(a ?? 0), 300 * 80);
      assert.equal(b, undefined);
    }
  });

  it('of the driver is shared equally', async () => {
    const { run, results } = createPart();
    await run();
    for (const { blocks, round } of results) {
      const [a, b] = blocks.map(({ cpuUs }) => cpuUs.driver);
      assert.equal(a, b);
      assert.equal((a ?? 0) + (b ?? 0), round.driverCpuUs);
      assert.ok((round.driverCpuUs ?? 0) > 2 * driverCpuUsPerSecond, 'a round lasts more than two seconds');
    }
  });

  it('is never below nothing', async () => {
    const { run, results } = createPart({
      idle: [{ service: 1e9, postgres: 1e9, redis: null, further: { worker: 1e9 } }],
    });
    await run();
    assert.deepEqual([results[0]?.blocks[0]?.cpuUs.service, results[0]?.blocks[0]?.cpuUs.postgres], [0, 0]);
  });
});

describe('late answers', () => {
  const lateOne = (lateMs: number): FakeK6 => ({
    met: ({ pass, request, world }) =>
      pass === 2 && request === 79 && world === 1 ? { tookUs: lateMs * 1000 } : {},
  });
  /** Counts reads that no part has answered. */
  const lossy = twoWorlds.map(({ label }) => ({
    label,
    counts: (served: number) => countsOf(readCounters, { reads: served, memoryHits: Math.floor(served / 2) }),
  }));

  it('belong to their round, however late they are', async () => {
    const { run, results } = createPart({ k6: lateOne(4_000) });
    assert.equal(await run(), null);
    assert.deepEqual(
      results.map(({ blocks }) => blocks.map(({ requests }) => requests)),
      [
        [80, 80],
        [80, 80],
        [80, 80],
      ],
    );
  });

  it('leave the identity of the counters unjudged, which holds of what is counted at rest only', async () => {
    const guardsOf = async (k6: FakeK6) => {
      const { run, results } = createPart({ worlds: lossy, k6 });
      await run();
      return results.map(({ blocks }) => blocks[0]?.findings.map(({ guard }) => guard));
    };
    const identity = ['cache-identity'];
    assert.deepEqual(await guardsOf({}), [identity, identity, identity]);
    // The answer comes while the second round is under way, whose first edge was read with it in flight.
    assert.deepEqual(await guardsOf(lateOne(1_500)), [[], [], identity]);
  });

  it('that never come leave the round without them', async () => {
    const k6: FakeK6 = {
      met: ({ pass, request, world }) => ({ isLost: pass === 2 && request === 3 && world === 1 }),
    };
    const { run, results } = createPart({ k6 });
    await run();
    const [first] = results;
    assert.deepEqual([first?.round.offered, first?.round.started], [160, 159]);
    assert.deepEqual(
      first?.blocks.map(({ requests, paired }) => [requests, paired?.requests, paired?.leftOut]),
      [
        [80, 79, 1],
        [79, 79, 1],
      ],
    );
  });
});

describe('a broken driver', () => {
  const duringRound2 = 2 * 3_000 + 1_000;

  it('is told of, and the rounds that were finished are kept', async () => {
    const { run, results } = createPart({
      k6: { ends: { afterMs: duringRound2, failure: 'k6 was killed' } },
    });
    assert.equal(await run(), 'k6 was killed');
    assert.deepEqual(
      results.map(({ round }) => round.round),
      [5],
    );
  });

  it('whose samples cannot be read throws when nobody listens yet', async () => {
    const { run, results } = createPart({ k6: { breaksAfterMs: duringRound2 } });
    await assert.rejects(run(), /a row could not be read/);
    assert.equal(results.length, 1);
  });

  it('that ends without a word before its last round is a failure, too', async () => {
    const { run, results } = createPart({ k6: { ends: { afterMs: duringRound2, failure: null } } });
    assert.match((await run()) ?? '', /k6 ended before/);
    assert.equal(results.length, 1);
  });

  it('that ends when all is answered has finished its round', async () => {
    const lastAnswered = 4 * 3_000 - 500;
    const { run, results } = createPart({ k6: { ends: { afterMs: lastAnswered, failure: null } } });
    assert.equal(await run(), null);
    assert.equal(results.length, 3);
  });

  it('that sends nothing for a minute is not waited for', async () => {
    const { run, results, isDriven } = createPart({ k6: { beginsAfterMs: 200_000 } });
    assert.match((await run()) ?? '', /sent nothing/);
    assert.deepEqual(results, []);
    assert.equal(isDriven(), false);
  });
});

it('an interruption drops the round under way, and k6 is ended', async () => {
  const interruption = new AbortController();
  const { run, results, isDriven } = createPart({
    signal: interruption.signal,
    onBegin: (round) => {
      if (round === 6) interruption.abort();
    },
  });
  await run();
  assert.equal(results.length, 1);
  assert.equal(isDriven(), false);
});

it('a replica that died, and requests that fail, are told of in the block of their world', async () => {
  const worlds = [
    { label: 'a' },
    { label: 'b', lostProcesses: () => [{ kindName: 'service', name: 'b-1' }] },
  ];
  const { run, results } = createPart({ worlds, k6: { met: ({ world }) => ({ isExpected: world === 0 }) } });
  await run();
  const [a, b] = results[0]?.blocks ?? [];
  assert.deepEqual([a?.status, a?.findings.length], ['valid', 0]);
  assert.deepEqual(
    [b?.status, b?.findings.map(({ guard }) => guard)],
    ['invalid', ['replica-lost', 'errors']],
  );
});
