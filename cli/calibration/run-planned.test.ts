import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { madeUpLog } from '../../tests/support/made-up-calibration.ts';
import { planCalibration } from './calibration-sizes.ts';
import type { PartLetter, PlannedOf } from './calibration-sizes.ts';
import { outcomeOf } from './readme-command.ts';
import { runPlanned } from './run-planned.ts';
import type { CalibrationTools } from './run-planned.ts';
import type { RealPlan } from './real-experiment.ts';

/** Tools that write down what they are used for. */
function createTools(given: Partial<CalibrationTools> = {}) {
  const used: string[] = [];
  const plans: RealPlan[] = [];
  const tools: CalibrationTools = {
    runReal: async (plan) => {
      used.push('real');
      plans.push(plan);
      return madeUpLog([], { rounds: plans.length });
    },
    runCommand: async () => {
      used.push('command');
      return { exitCode: 0, status: 'ok', rounds: 7, verdicts: {} };
    },
    startForeignLoad: async ({ cores }) => {
      used.push(`load of ${cores}`);
      return { stop: async () => void used.push('load ends') };
    },
    ...given,
  };
  return { tools, used, plans };
}

const plannedOf = <P extends PartLetter>(part: P) => planCalibration('full', [part]) as PlannedOf<P>[];

describe('an experiment of the calibration', () => {
  it('simulates in part a', async () => {
    const [first] = planCalibration('smoke', ['a']) as PlannedOf<'a'>[];
    assert.ok(first !== undefined);
    const { tools, used } = createTools();
    const outcome = await runPlanned(first, tools);
    assert.ok(outcome.part === 'a');
    assert.equal(outcome.tally.experiments, 50);
    assert.equal(outcome.tally.setting, first.setting.name);
    assert.deepEqual(used, []);
  });

  it('of identical worlds or of the command runs quiet, or beside foreign load that ends with it', async () => {
    for (const part of ['b', 'd'] as const) {
      const work = part === 'b' ? 'real' : 'command';
      for (const planned of plannedOf(part)) {
        const { tools, used } = createTools();
        await runPlanned(planned, tools);
        const { cores } = planned.load;
        assert.deepEqual(used, cores === 0 ? [work] : [`load of ${cores}`, work, 'load ends'], planned.key);
      }
    }
  });

  it('that fails leaves no foreign load behind', async () => {
    const noisy = plannedOf('b').find(({ load }) => load.cores > 0);
    assert.ok(noisy !== undefined);
    const { tools, used } = createTools({ runReal: () => Promise.reject(new RangeError('it died')) });
    await assert.rejects(runPlanned(noisy, tools), /it died/);
    assert.equal(used.at(-1), 'load ends');
  });

  it('of the pacings runs both on the same candidates with the same seed', async () => {
    const [first] = plannedOf('e');
    assert.ok(first !== undefined);
    const { tools, plans } = createTools();
    const outcome = await runPlanned(first, tools);
    assert.deepEqual(
      plans.map(({ pacing }) => pacing),
      ['together', 'turns'],
    );
    assert.deepEqual({ ...plans[0], pacing: null }, { ...plans[1], pacing: null });
    assert.ok(outcome.part === 'e');
    assert.deepEqual([outcome.together.rounds, outcome.turns.rounds], [1, 2]);
  });
});

describe('the outcome of the command', () => {
  it('is its exit code, and what it wrote of its primary comparisons', () => {
    const comparisons = [
      { candidate: 'cache-aside', role: 'primary', verdict: 'better' },
      { candidate: 'versioned', role: 'primary', verdict: null },
      { candidate: 'versioned', role: 'exploratory', verdict: 'worse' },
    ];
    assert.deepEqual(outcomeOf(0, { status: 'ok', manifest: { rounds: 9 }, comparisons }), {
      exitCode: 0,
      status: 'ok',
      rounds: 9,
      verdicts: { 'cache-aside': 'better', versioned: null },
    });
  });

  it('is that it wrote nothing, where it wrote nothing', () => {
    assert.deepEqual(outcomeOf(3, null), { exitCode: 3, status: null, rounds: null, verdicts: {} });
  });
});
