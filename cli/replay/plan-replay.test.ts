import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestCount } from '../../loadtests/workloads/run-settings.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';
import { firstRoundPass, warmUpPass } from '../experiment/round-plan.ts';
import type { RecordedRequest } from '../recordings/recording.ts';
import { planReplay } from './plan-replay.ts';
import type { ReplayOptions } from './plan-replay.ts';
import type { RecordedLoad } from './read-load.ts';

const size = { seed: 4, people: 60, photos: 300 } as const;
const drawn = createWorkload({ ...size, followers: 'heavy', mix: 'social-default' });
const recorded = Array.from({ length: 1_200 }, (_, index): RecordedRequest => {
  const { operation, params, viewerId } = drawn.requestAt(7, index);
  const subject = BigInt(params['photoId'] ?? params['userId'] ?? 0);
  return { timeUs: 5e9 + index * 50_000, operation, subject, viewer: BigInt(viewerId), request: index };
});
const own: RecordedLoad = {
  meta: { version: 1, source: 'load feed-browsing', ...size, identifiers: 'plain' },
  isForeign: false,
  requests: recorded,
  cutBy: null,
};
const foreign: RecordedLoad = {
  meta: { version: 1, source: 'csv', identifiers: 'hashed' },
  isForeign: true,
  requests: recorded.map((request, index) => ({
    ...request,
    operation: 'photoPage',
    subject: BigInt(index % 700),
  })),
  cutBy: 'secondsMax',
};
const options: ReplayOptions = {
  replicas: 2,
  telemetry: 'metrics',
  speed: 1,
  timeLimit: 300,
  measure: 12,
  population: {},
};
const planned = (load: RecordedLoad, changes: Partial<ReplayOptions> = {}) =>
  planReplay('/some/where/feed.parquet', load, ['versioned'], { ...options, ...changes });

describe('the plan of a replay', () => {
  it("is that of a comparison whose requests and rounds are the recording's", () => {
    const { plan, workload } = planned(own);
    assert.deepEqual(
      [plan.seed, plan.people, plan.photos, plan.rate, plan.rounds, plan.parts, plan.pacing],
      [4, 60, 300, 20, 5, 1, 'together'],
    );
    assert.equal(plan.replay?.title, 'a replay of feed.parquet');
    const sent = plan.replay?.rounds.flatMap(({ first, requests }, round) =>
      Array.from({ length: requests }, (_, index) =>
        workload.requestAt(firstRoundPass + round, first + index),
      ),
    );
    assert.deepEqual(
      sent?.map(({ operation, params, viewerId }) => [operation, params, viewerId]),
      recorded.map((_, index) => {
        const { operation, params, viewerId } = drawn.requestAt(7, index);
        return [operation, params, viewerId];
      }),
    );
  });

  it('warms up by what changes nothing, however many requests that takes', () => {
    const { workload } = planned(own);
    const beforehand = Array.from({ length: 5_000 }, (_, index) => workload.requestAt(warmUpPass, index));
    const operations = new Set(beforehand.map(({ operation }) => operation));
    assert.deepEqual([...operations].toSorted(), [
      'comments',
      'feedPage',
      'followers',
      'photoPage',
      'profileGrid',
    ]);
  });

  it('sends everything faster at another speed', () => {
    const [own1, own4] = [planned(own).plan, planned(own, { speed: 4 }).plan];
    assert.equal(own4.rate, 4 * own1.rate);
    const passes = own4.replay?.rounds.map((round) => ({ ...round, pass: 2, pauseRequests: 0 })) ?? [];
    assert.equal(requestCount({ passes }), 1_200);
  });

  it('says to what requests keep their times', () => {
    const notesOf = (speed: number) => planned(own, { speed }).plan.replay?.notes.join('\n') ?? '';
    assert.match(notesOf(1), /times are kept to 0\.10 s/);
    // A minute of it becomes more than an hour.
    assert.match(notesOf(1 / 75), /times are kept to 0\.30 s/);
  });

  it('seeds as many photos as a recording of others has objects, and says what became of it', () => {
    const { plan } = planned(foreign, { population: { followers: 'heavy', photos: 700 } });
    assert.equal(plan.photos, 700);
    assert.match(plan.replay?.notes.join('\n') ?? '', /700 objects became seeded photos/);
    assert.match(
      plan.replay?.notes.join('\n') ?? '',
      /Only the first 1 min 0 s .*, 1,200 requests, and it goes on after them: a longer --time-limit/,
    );
  });

  it('seeds the database that was recorded, and refuses another one where identifiers are plain', () => {
    const even = { ...own, meta: { ...own.meta, followers: 'even' } } as const;
    assert.equal(planned(even).plan.followers, 'even');
    for (const population of [{ seed: 5 }, { people: 61 }, { photos: 301 }, { followers: 'heavy' }] as const)
      assert.throws(
        () => planned(even, { population }),
        (error) =>
          error instanceof CommandError &&
          error.reason === 'usage' &&
          /makes another database/.test(error.message),
      );
    const same = { seed: 4, people: 60, photos: 300, followers: 'even' } as const;
    assert.equal(planned(even, { population: same }).plan.seed, 4);
    const hashed = { ...even, meta: { ...even.meta, identifiers: 'hashed' } } as const;
    assert.equal(planned(hashed, { population: { people: 61 } }).plan.people, 61);
  });

  it('refuses a database that would not hold the objects, and says what can be done', () => {
    assert.throws(
      () => planned(foreign, { population: { followers: 'heavy', photos: 400 } }),
      (error) =>
        error instanceof CommandError &&
        error.reason === 'usage' &&
        /700 objects.*400 photos/.test(error.message) &&
        /--photos 700.*--sample/.test(error.remedy ?? ''),
    );
  });

  it('replays a part of the objects where that is asked for', () => {
    const { plan } = planned(foreign, { population: { followers: 'heavy', photos: 400 }, sample: true });
    assert.equal(plan.photos, 400);
    assert.match(plan.replay?.notes.join('\n') ?? '', /^Sampled: the requests for 5\d\.\d % of the objects/m);
  });

  it('refuses a recording of which next to nothing can be sent', () => {
    const withdrawn = own.requests.map((request) => ({ ...request, operation: 'logOut' }));
    for (const [requests, pattern] of [
      [withdrawn, /^No requests of this recording can be sent; with fewer than 20/],
      [own.requests.slice(0, 1), /^1 request of this/],
      [own.requests.slice(0, 19), /^19 requests of this/],
    ] as const)
      assert.throws(
        () => planned({ ...own, requests }),
        (error) => error instanceof CommandError && error.reason === 'usage' && pattern.test(error.message),
      );
    assert.equal(planned({ ...own, requests: own.requests.slice(0, 20) }).plan.rounds, 1);
    assert.throws(
      () => planned({ ...own, requests: own.requests.slice(0, 5), cutBy: 'secondsMax' }),
      (error) => error instanceof CommandError && /--time-limit/.test(error.remedy ?? ''),
    );
  });

  it('refuses a speed at which more would be asked for than can be sent, and says which could be', () => {
    const many = [...recorded, ...recorded.map((one) => ({ ...one, timeUs: one.timeUs + 60e6 }))];
    assert.throws(
      () => planned({ ...own, requests: many }, { speed: 100_000 }),
      (error) =>
        error instanceof CommandError &&
        error.reason === 'usage' &&
        /asks for \d+ requests\/s of each of 3 worlds; at most 1666/.test(error.message) &&
        /--speed 83 at most, or slo/.test(error.remedy ?? ''),
    );
    assert.equal(planned({ ...own, requests: many }, { speed: 83 }).plan.rate, 1_660);
  });

  it('says which candidates have a gateway that nothing of a replay goes to', () => {
    const notes = planReplay('feed.parquet', own, ['versioned', 'versioned:gateway=leader'], options).plan
      .replay?.notes;
    assert.deepEqual(
      notes?.filter((note) => note.startsWith('Not exercised')),
      [
        'Not exercised: the gateway of versioned:gateway=leader, since requests for pages of metadata are not replayed.',
      ],
    );
  });

  it('refuses a warm-up that could not be written down', () => {
    assert.throws(
      () => planned(own, { warmUpRequests: 60_000 }),
      (error) => error instanceof CommandError && /--warm-up-requests 50000 at most/.test(error.remedy ?? ''),
    );
    assert.equal(planned(own, { warmUpRequests: 50_000 }).plan.warmUpRequests, 50_000);
  });

  it('says before and after that a recording ended early, that rounds are few, and what others lose', () => {
    const notesOf = (load: RecordedLoad) => planned(load).plan.replay?.notes.join('\n') ?? '';
    const short = notesOf({ ...own, meta: { ...own.meta, cut: 'the disk was full' } });
    assert.match(short, /^The recording itself ends early: the disk was full\.$/m);
    assert.match(short, /^With 5 rounds intervals are wide/m);
    assert.doesNotMatch(short, /goes on after|page of a photo/);
    const others = notesOf(foreign);
    assert.match(others, /^Each read of the recording was sent as the page of a photo/m);
    assert.match(others, /sizes, their classes and who follows whom/);
    assert.match(notesOf({ ...own, cutBy: 'requestsMax' }), /more are not planned in one go/);
  });
});
