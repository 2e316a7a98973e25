import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSlowdown } from '../../app/contract/planted-slowdown.ts';
import { planCalibration, slowedWorlds } from './calibration-sizes.ts';
import type { PartLetter, PlannedOf, SizeName } from './calibration-sizes.ts';

const partOf = <P extends PartLetter>(size: SizeName, part: P) =>
  planCalibration(size, [part]) as PlannedOf<P>[];

describe('the plan of a calibration', () => {
  it('has a key for each experiment', () => {
    for (const size of ['smoke', 'short', 'full'] as const) {
      const keys = planCalibration(size, []).map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length, size);
    }
  });

  it('has only the parts that are asked for', () => {
    const parts = new Set(planCalibration('short', ['b', 'e']).map(({ part }) => part));
    assert.deepEqual([...parts], ['b', 'e']);
  });

  it('goes on from a short calibration to a full one', () => {
    const full = new Set(planCalibration('full', []).map(({ key }) => key));
    for (const { key, part } of planCalibration('short', [])) if (part !== 'a') assert.ok(full.has(key), key);
  });

  it('shares nothing of a smoke run', () => {
    const short = new Set(planCalibration('short', ['a', 'b', 'c', 'e']).map(({ key }) => key));
    for (const { key } of planCalibration('smoke', ['a', 'b', 'c', 'e'])) assert.ok(!short.has(key), key);
  });

  it('compares identical worlds 60 times, half of the time under bursts, and in every condition on both halves', () => {
    const identical = partOf('full', 'b');
    assert.equal(identical.length, 20);
    for (const { plan, candidate } of identical) {
      assert.equal(plan.worlds.length, 4);
      assert.deepEqual([...new Set(plan.worlds.map((world) => world.candidate))], [candidate]);
    }
    assert.equal(identical.filter(({ load }) => load.cores > 0).length, 10);
    assert.deepEqual(new Set(identical.map(({ load }) => load.cores)), new Set([0, 1, 2]));
    assert.equal(identical.filter(({ candidate }) => candidate === 'no-cache').length, 10);
    const combinations = new Set(
      identical.map(({ candidate, half, load }) => `${candidate} ${half} ${load.cores > 0}`),
    );
    assert.equal(combinations.size, 8);
    assert.equal(new Set(identical.map(({ load }) => load.seed)).size, 20, 'no two meet the same bursts');
    const populations = Map.groupBy(identical, ({ plan }) => plan.seed);
    for (const own of populations.values())
      assert.equal(new Set(own.map(({ candidate, load }) => `${candidate} ${load.cores > 0}`)).size, 4);
  });

  it('plants slowdowns that the service takes, each in half of the experiments or more', () => {
    const planned = partOf('full', 'c');
    assert.equal(planned.length, 10);
    for (const { plan } of planned) assert.equal(plan.worlds[0], slowedWorlds.base);
    for (const world of Object.values(slowedWorlds)) {
      assert.notEqual(parseSlowdown(world.slowdown), null);
      assert.ok(planned.filter(({ plan }) => plan.worlds.includes(world)).length >= 5, world.name);
    }
  });

  it('runs the command ten times quiet and ten times under bursts', () => {
    const commands = partOf('full', 'd');
    assert.equal(commands.filter(({ load }) => load.cores === 0).length, 10);
    assert.equal(commands.filter(({ load }) => load.cores > 0).length, 10);
  });
});
