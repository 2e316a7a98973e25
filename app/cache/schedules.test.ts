import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { brokenParts } from '../../tests/support/broken-parts.ts';
import type { BrokenPartName } from '../../tests/support/broken-parts.ts';
import {
  allowedWithoutFaults,
  fencedRaceCandidates,
  raceCandidates,
} from '../../tests/support/race-candidates.ts';
import type { SearchOrder } from '../../tests/support/schedule-worker.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

// In a thread: the test runner follows each promise of its own, which takes thrice the time. Each schedule leaves two replicas behind as
// garbage; where there is room for many, it is collected when most of them are gone, which spares a sixth.
const worker = new Worker(new URL('../../tests/support/schedule-worker.ts', import.meta.url), {
  resourceLimits: { maxYoungGenerationSizeMb: 64 },
});
after(() => worker.terminate());

/** What the search finds, or null. */
async function search(order: SearchOrder): Promise<string | null> {
  worker.postMessage(order);
  const [failure] = (await once(worker, 'message')) as [string | null];
  return failure;
}

/** Times that the clock steps over: the plans let 4, 7 and 31 seconds pass. */
function withTimes(text: string): string {
  const own = { stale: 'stale=10s', refresh: 'refresh=0.3', beta: 'beta=10' };
  const { strategy } = parseSettings(text);
  const [parameter] = Object.entries(own).filter(([name]) => strategy.startsWith(name));
  const early = strategy === 'early-expiration' ? own.beta : parameter?.[1];
  return [text, 'ttl=10s,jitter=0', ...(early === undefined ? [] : [early])].join(
    text.includes(':') ? ',' : ':',
  );
}

/** What Redis pushes is tried on a real one, and what waits in a queue has tests of its own. */
const searched = [...raceCandidates(), ...fencedRaceCandidates()]
  .filter((text) => !/client-tracking|write-behind|no-cache/.test(text))
  .concat([
    'versioned:negative=5s',
    'versioned:tiers=memory,protection=none,negative=5s',
    'cache-aside:protection=lease,negative=5s',
    'write-through:fence=version,negative=5s',
    'change-stream:negative=5s',
    'versioned:promotion=hot',
    'write-through:fence=version,promotion=hot',
    'versioned:invalidation=change-stream',
    'cache-aside:protection=lease,invalidation=change-stream',
    'cache-aside:tiers=memory,protection=single-flight,invalidation=change-stream',
  ])
  .map(withTimes);
const claiming = searched.filter((text) =>
  allowedWithoutFaults(text).every((one) => one === 'late-invalidation'),
);
const others = searched.filter((text) => !claiming.includes(text));
/**
 * In all, other ones each time. A part that does not do what it promises was found within 150 of its own, in each of ten
 * searches: these are twice as many for each candidate. For more, set the variable.
 */
const schedules = Number(process.env['DARKROOM_TEST_SCHEDULES'] ?? 25_000);
const runs = Math.ceil(schedules / claiming.length);
/** What is there to be found shows within a few hundred. */
const runsToFind = 20_000;
const isFound = /(acknowledged|seen) before|at rest/;

describe('schedules', { concurrency: 1 }, () => {
  for (const text of claiming) {
    test(`${text} keeps its promise under each of ${runs} schedules`, async () => {
      assert.equal(await search({ text, runs, broken: null, isFindExpected: false }), null);
    });
  }

  for (const text of others) {
    test(`the same search finds a stale read of ${text}`, async () => {
      assert.match(
        String(await search({ text, runs: runsToFind, broken: null, isFindExpected: true })),
        isFound,
      );
    });
  }

  for (const [name, { text }] of Object.entries(brokenParts)) {
    test(`the same search finds ${name}`, async () => {
      const broken = name as BrokenPartName;
      assert.match(String(await search({ text, runs: runsToFind, broken, isFindExpected: true })), isFound);
    });
  }
});
