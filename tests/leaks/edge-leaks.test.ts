import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findTestVarnish } from '../support/edge-under-test.ts';
import { startEdgeTwin } from '../support/edge-twin.ts';
import { describeCells, runLeakMatrix } from './leak-matrix.ts';
import { leakRoutes } from './leak-routes.ts';
import { roles } from './leak-scene.ts';

const varnish = await findTestVarnish();
const skip = 'lacking' in varnish && varnish.lacking;
const folder = 'lacking' in varnish ? '' : varnish.folder;

/** What the edge has when the doors are closed: fresh for long, and no write of content takes it away; or past its lifetime. */
const states: Readonly<Record<string, string>> = {
  fresh: 'versioned:edge=on,edge-ttl=1h,edge-purge=ttl',
  stale: 'versioned:edge=on,edge-ttl=1s,edge-stale=1h',
};

describe('the leak matrix through an edge', { skip }, () => {
  for (const [state, candidate] of Object.entries(states))
    it(`has no leak where what it keeps is ${state}, and shows everything to those who may see it`, async () => {
      const { twin, edge, close } = await startEdgeTwin(folder);
      try {
        const cells = await runLeakMatrix(candidate, { twin, states: ['warm memory'] });
        assert.equal(cells.length, leakRoutes.length * Object.keys(roles).length);
        assert.deepEqual(describeCells(cells), []);
        assert.ok(
          edge.requests.some(({ outcome }) => outcome === 'hit' || outcome === 'stale'),
          'it has answered by itself',
        );
      } finally {
        await close();
      }
    });

  it('catches an edge that is not told of a change of rights', async () => {
    const { twin, close } = await startEdgeTwin(folder, { forgets: ['surrogate-purge', 'surrogate-rights'] });
    try {
      const cells = await runLeakMatrix('no-cache:edge=on,edge-ttl=1h', { twin, states: ['warm memory'] });
      assert.ok(cells.some(({ leak, role }) => leak !== null && role === 'logged out'));
      assert.ok(cells.every(({ leak, role }) => leak === null || role === 'logged out'));
    } finally {
      await close();
    }
  });
});
