import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulateExperiment, tallySimulation } from './simulated-experiments.ts';
import { createDraws, oracleError, simulateRounds } from './simulated-rounds.ts';
import type { SimulatedMachine } from './simulated-rounds.ts';
import { simulationSettings } from './simulation-settings.ts';
import type { SimulationSetting } from './simulation-settings.ts';

const still: SimulatedMachine = { roundSd: 0, processSd: 0, hasBursts: false, driftShare: 0 };
const settingOf = (
  machine: Partial<SimulatedMachine>,
  assumed: SimulationSetting['assumed'] = 'estimated',
) => ({
  name: 'made up',
  machine: { ...still, ...machine },
  candidates: 3,
  profile: 'demo' as const,
  assumed,
  isAsAssumed: true,
});

/** Means of the differences of two worlds over starts of so many rounds, of many experiments. */
function meansOf(machine: SimulatedMachine, parts: readonly number[], experiments: number): number[] {
  const partOfRound = parts.flatMap((rounds, part) => Array.from({ length: rounds }, () => part));
  return Array.from({ length: experiments }, (_, index) => {
    const timesOf = simulateRounds(machine, 2, createDraws(3, index));
    let sum = 0;
    for (const [round, part] of partOfRound.entries()) {
      const [first = 0, second = 0] = timesOf(round, part);
      sum += second - first;
    }
    return sum / partOfRound.length;
  });
}

const sdOf = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
};

describe('simulated rounds', () => {
  it('are decided by the seed and the number of the experiment', () => {
    const machine = { ...still, roundSd: 0.05, processSd: 0.01, hasBursts: true };
    const roundsOf = (seed: number, experiment: number) => {
      const timesOf = simulateRounds(machine, 4, createDraws(seed, experiment));
      return Array.from({ length: 5 }, (_, round) => timesOf(round, 0));
    };
    assert.deepEqual(roundsOf(1, 2), roundsOf(1, 2));
    assert.notDeepEqual(roundsOf(1, 2), roundsOf(1, 3));
    assert.notDeepEqual(roundsOf(1, 2), roundsOf(2, 2));
  });

  it('hit all worlds alike with drift and bursts, unless they feel them unequally', () => {
    const timesOf = simulateRounds({ ...still, roundSd: 1e-9, hasBursts: true }, 2, createDraws(1, 1));
    let seen = 0;
    for (let round = 0; round < 40; round += 1) {
      const [first = 0, second = 0] = timesOf(round, 0);
      assert.ok(Math.abs(first - second) < 1e-7);
      seen = Math.max(seen, first);
    }
    assert.ok(seen > 0.29, 'there was a burst');
  });

  it('spread as the oracle says, whatever they spread by', () => {
    const machines: readonly (readonly [SimulatedMachine, readonly number[]])[] = [
      [{ ...still, roundSd: 0.04 }, [12]],
      [{ ...still, processSd: 0.012 }, [12]],
      [{ ...still, processSd: 0.02, roundSd: 0.01 }, [4, 4, 4]],
      [{ ...still, processSd: 0.02, roundSd: 0.01 }, [7, 1]],
      [{ ...still, roundSd: 0.05, hasBursts: true }, [12]],
      [{ ...still, roundSd: 0.05, driftShare: 0.2 }, [12]],
    ];
    for (const [machine, parts] of machines) {
      const ratio = sdOf(meansOf(machine, parts, 4_000)) / oracleError(machine, parts);
      assert.ok(Math.abs(ratio - 1) < 0.05, `${ratio} for ${JSON.stringify(machine)}`);
    }
  });
});

describe('a simulated experiment', () => {
  it('without any spread ends at the first round that may end it, with the effect itself', () => {
    const comparisons = simulateExperiment(settingOf({}), Math.log(1.2), 1, 1);
    assert.equal(comparisons.length, 3);
    for (const { effect, verdict } of comparisons) {
      assert.equal(effect.rounds, 7);
      assert.ok(Math.abs(effect.mean - Math.log(1.2)) < 1e-12);
      assert.equal(verdict, 'worse');
    }
  });

  it('takes more rounds where rounds differ more, up to what its profile has time for', () => {
    const roundsOf = (machine: Partial<SimulatedMachine>, profile: SimulationSetting['profile']) =>
      simulateExperiment({ ...settingOf(machine), profile }, 0, 1, 1)[0]?.effect.rounds ?? 0;
    assert.equal(roundsOf({ roundSd: 0.005 }, 'demo'), 7);
    const most = roundsOf({ roundSd: 0.5 }, 'demo');
    assert.ok(most > 15 && most <= 21, `${most}`);
    assert.ok(roundsOf({ roundSd: 0.5 }, 'standard') > most);
  });
});

describe('a tally of simulated experiments', () => {
  const many = { seed: 11, experiments: 600 };

  it('keeps what the statistics promise where what they assume is so', () => {
    const tally = tallySimulation(settingOf({ roundSd: 0.04, processSd: 0.012, hasBursts: true }), 0, many);
    assert.equal(tally.comparisons, 1_800);
    assert.ok(tally.foundShare > 0.02 && tally.foundShare <= 0.07, `${tally.foundShare}`);
    assert.ok(tally.coverage >= 0.93 && tally.coverage < 0.98, `${tally.coverage}`);
    assert.ok(tally.overOracleMedian <= 1.3, `${tally.overOracleMedian}`);
    assert.equal(tally.wrongDirectionShare, 0);
  });

  it('shows what a wrong spread of processes costs', () => {
    const machine = { roundSd: 0.02, processSd: 0.018 };
    const told = (assumed: number) => tallySimulation(settingOf(machine, assumed), 0, many);
    assert.ok(told(0.5).foundShare > 0.1, 'too small a spread makes false alarms');
    assert.ok(told(1.5).coverage > 0.99, 'too large a one makes intervals too wide');
    assert.ok(told(1.5).overOracleMedian > told(0.5).overOracleMedian * 1.5);
  });

  it('finds large effects always, small ones sometimes, and none in the wrong direction', () => {
    const setting = settingOf({ roundSd: 0.05, processSd: 0.012 });
    const found = [5, 20].map((pct) => tallySimulation(setting, pct, many));
    assert.ok((found[0]?.foundShare ?? 1) < 0.9);
    assert.equal(found[1]?.foundShare, 1);
    assert.equal(found[1]?.calledShare, 1);
    for (const { wrongDirectionShare } of found) assert.equal(wrongDirectionShare, 0);
  });
});

describe('the settings that are simulated', () => {
  it('have names of their own, and some in which something else is so than is assumed', () => {
    const names = simulationSettings.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(simulationSettings.filter(({ isAsAssumed }) => isAsAssumed).length >= 6);
    assert.ok(simulationSettings.some(({ assumed }) => typeof assumed === 'number' && assumed > 1));
    assert.ok(simulationSettings.some(({ assumed }) => typeof assumed === 'number' && assumed < 1));
  });
});
