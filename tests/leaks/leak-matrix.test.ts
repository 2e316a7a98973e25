import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestApp } from '../support/test-app.ts';
import { leakRoutes } from './leak-routes.ts';
import { cacheStates, describeCells, runLeakMatrix } from './leak-matrix.ts';
import type { Twin } from './leak-matrix.ts';
import { roles } from './leak-scene.ts';

/**
 * One that hears of no write, one that hears of each, one that has no memory of its own and whose counts are kept apart.
 * `npm run leak-matrix` has them all.
 */
const candidates = [
  'ttl-only:tiers=memory+redis,ttl=1h,feed-ttl=1h',
  'versioned',
  'cache-aside:tiers=redis,counter=accurate',
];

/** Answers that are kept by what `keyOf` says, and given to whoever asks for the same. */
const keeping =
  (keyOf: (url: string, viewer: number | undefined) => string): Twin =>
  (ask) => {
    const kept = new Map<string, Awaited<ReturnType<TestApp['ask']>>>();
    return async (method, url, options) => {
      if (method !== 'GET') return ask(method, url, options);
      const key = keyOf(url, options?.viewer);
      const answer = kept.get(key) ?? (await ask(method, url, options));
      if (answer.statusCode === 200) kept.set(key, answer);
      return answer;
    };
  };

describe('the leak matrix', () => {
  for (const candidate of candidates)
    it(`of ${candidate} has no leak, and shows everything to those who may see it`, async () => {
      const cells = await runLeakMatrix(candidate);
      assert.equal(cells.length, leakRoutes.length * Object.keys(roles).length * cacheStates.length);
      assert.deepEqual(describeCells(cells), []);
    });

  const twins: Readonly<Record<string, Twin>> = {
    'keeps with the value what its first reader may see': keeping((url) => url),
    'asks who may see it before it looks into the cache, once for each viewer': keeping(
      (url, viewer) => `${viewer} ${url}`,
    ),
  };
  for (const [name, twin] of Object.entries(twins))
    it(`catches a service that ${name}`, async () => {
      const cells = await runLeakMatrix('no-cache', { twin, states: ['warm memory'] });
      const leaks = cells.filter(({ leak }) => leak !== null);
      assert.ok(leaks.some(({ role }) => role === 'stranger'));
    });
});
