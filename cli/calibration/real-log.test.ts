import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inventResult, inventTogether, inventTurns, usual } from '../../tests/support/invented-experiment.ts';
import { planCalibration, slowedWorlds } from './calibration-sizes.ts';
import type { PlannedOf } from './calibration-sizes.ts';
import { estimateSpread, worldRoundsOf } from './estimate-spread.ts';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { planReal } from './plan-real.ts';
import { realFigures } from './real-experiment.ts';
import { logOf } from './real-log.ts';

const worldsOf = (...names: string[]) => names.map((name) => ({ name, candidate: 'cache-aside' }));

describe('the plan of a real experiment', () => {
  it('is that of compare, in worlds that may be identical', () => {
    const plan = planReal(
      { worlds: worldsOf('one', 'two', 'three'), pacing: 'together', rounds: null, seed: 9 },
      2,
    );
    assert.deepEqual(
      plan.candidates.map(({ label, role, candidate }) => [label, role, formatCandidate(candidate)]),
      [
        ['one', 'baseline', 'cache-aside'],
        ['two', 'candidate', 'cache-aside'],
        ['three', 'candidate', 'cache-aside'],
      ],
    );
    assert.deepEqual([plan.baseline, plan.seed, plan.primary, plan.rounds], ['one', 9, 'request', null]);
    assert.equal(plan.timeLimitSeconds, 300);
    assert.equal(plan.rate, 100, 'a world has its share of the machine');
  });

  it('carries planned slowdowns, and fixed rounds', () => {
    const plan = planReal({ worlds: Object.values(slowedWorlds), pacing: 'together', rounds: 3, seed: 1 }, 2);
    assert.deepEqual(
      plan.candidates.map(({ slowdown }) => slowdown),
      Object.values(slowedWorlds).map(({ slowdown }) => slowdown),
    );
    assert.deepEqual([plan.rounds, plan.rate], [3, 60]);
  });

  it('in turns compares medians, as requests have no counterparts', () => {
    const [first] = planCalibration('full', ['e']) as PlannedOf<'e'>[];
    assert.ok(first !== undefined);
    assert.equal(planReal(first.plans.turns).primary, 'p50');
    assert.equal(planReal(first.plans.together).primary, 'request');
    assert.deepEqual(planReal(first.plans.turns).candidates, planReal(first.plans.together).candidates);
  });
});

describe('what is kept of an experiment (invented)', () => {
  const shape = usual['cache-aside'];
  assert.ok(shape !== undefined);
  const worlds = worldsOf('one', 'two', 'three', 'four');

  it('is every figure of each world against the first, round by round', () => {
    const plan = planReal({ worlds, pacing: 'together', rounds: null, seed: 1 });
    const shapes = Object.fromEntries(worlds.map(({ name }) => [name, shape]));
    const log = logOf(inventResult(plan, inventTogether(shapes, { rounds: 7 })));
    assert.equal(log.status, 'ok');
    assert.deepEqual([log.rounds, log.parts, log.ownCpuShare, log.foreignCpuShare], [7, 1, 0.6, 0.02]);
    // A p99 needs more requests than an invented block has.
    const figures = realFigures.filter((figure) => figure !== 'p99');
    assert.deepEqual(
      log.comparisons.map(({ world, figure }) => `${world} ${figure}`).toSorted(),
      ['two', 'three', 'four'].flatMap((world) => figures.map((figure) => `${world} ${figure}`)).toSorted(),
    );
    for (const { perRound, p, interval95 } of log.comparisons) {
      assert.equal(perRound.length, 7);
      assert.ok(p !== null && interval95 !== null);
    }
    assert.deepEqual(
      log.levels?.map(({ world, responseUs, cpuUsPerRequest }) => [
        world,
        responseUs.filter(Number.isInteger).length,
        cpuUsPerRequest.filter(Number.isInteger).length,
      ]),
      worlds.map(({ name }) => [name, 7, 7]),
    );
    const rounds = worldRoundsOf(log, 'request');
    assert.deepEqual(
      rounds.map((world) => world.length),
      [7, 7, 7, 7],
    );
    assert.notEqual(estimateSpread([rounds]), null);
  });

  it('of turns lacks what turns do not have', () => {
    const plan = planReal({ worlds, pacing: 'turns', rounds: 7, seed: 1 });
    const shapes = Object.fromEntries(worlds.map(({ name }) => [name, shape]));
    const experiment = inventTurns(shapes, { block: (block) => ({ ...block, paired: null }) });
    const log = logOf(inventResult(plan, experiment));
    assert.ok(log.comparisons.some(({ figure }) => figure === 'p50'));
    assert.ok(!log.comparisons.some(({ figure }) => figure === 'request'));
    assert.equal(log.ownCpuShare, null);
  });
});
