import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  madeUpComparison,
  madeUpIdentical,
  madeUpLog,
  madeUpMachine,
  madeUpRecord,
  madeUpTally,
} from '../../../tests/support/made-up-calibration.ts';
import type { CommandOutcome, JournalRecord, RecordOf } from '../experiment-journal.ts';
import type { ComparisonLog } from '../real-experiment.ts';
import { simulatedEffectsPct } from '../simulation-settings.ts';
import { renderCalibrationPage } from './calibration-page.ts';
import { reportCommands } from './report-commands.ts';
import { checkedPairs, judgeByOtherHalf, reportIdentical } from './report-identical.ts';
import { reportPacings } from './report-pacings.ts';
import { reportSimulated } from './report-simulated.ts';
import { reportSlowdowns } from './report-slowdowns.ts';

const page = (records: readonly JournalRecord[]) =>
  renderCalibrationPage({ machine: madeUpMachine, records, calibrated: null });
const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe('the page without any experiment', () => {
  it('says of every part that it was not run, and names the machine by its CPU and its cores', () => {
    const text = page([]);
    assert.equal(text.match(/^Not run\.$/gm)?.length, 5);
    assert.equal(text.match(/\| not run \| not run \|/g)?.length, 5);
    assert.match(text, /made-up CPU, 2 cores/);
    assert.match(text, /Nothing was measured yet/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\*\*holds\*\*/);
  });
});

describe('the report of simulated experiments (made up)', () => {
  const tallies = (given: Parameters<typeof madeUpTally>[0], isAsAssumed = true) =>
    simulatedEffectsPct.map((effectPct) =>
      madeUpRecord({ part: 'a' as const, isAsAssumed, tally: madeUpTally({ effectPct, ...given }) }),
    );

  it('holds when no setting has too many false positives or too wide intervals', () => {
    assert.equal(reportSimulated(tallies({})).state, 'holds');
    assert.equal(reportSimulated(tallies({ foundShare: 0.061 })).state, 'does not hold');
    assert.equal(reportSimulated(tallies({ overOracleMedian: 1.31 })).state, 'does not hold');
  });

  it('does not hold the statistics to what they did not assume, but shows it', () => {
    const wrong = tallies({ setting: 'told something else', foundShare: 0.2 }, false);
    const report = reportSimulated([...tallies({}), ...wrong]);
    assert.equal(report.state, 'holds');
    assert.match(report.blocks.at(-1) ?? '', /told something else \| 20\.0 %/);
  });

  it('says nothing of a few experiments, and counts the largest number of each setting', () => {
    const few = tallies({ experiments: 50, foundShare: 0.5 });
    assert.equal(reportSimulated(few).state, 'incomplete');
    assert.equal(reportSimulated([...few, ...tallies({})]).state, 'holds');
  });
});

describe('the report of identical worlds (made up)', () => {
  const quiet = { roundSd: 0.02, processSd: 0.01 };
  const experiments = (count: number) =>
    times(count, (index) => madeUpIdentical(index, { ...quiet, half: index % 2 === 0 ? 'odd' : 'even' }));

  it('counts intervals that exclude zero, three of an experiment', () => {
    const report = reportIdentical(experiments(20));
    assert.match(
      report.found,
      /^\d of 60 intervals exclude zero, 0 differences are called, in 20 experiments$/,
    );
    assert.equal(report.state, 'holds');
    assert.equal(reportIdentical(experiments(8)).state, 'incomplete');
  });

  /** As made up, but with worlds that differ from the first one. */
  const shifted = (record: RecordOf<'b'>, by: number, worlds: number): RecordOf<'b'> => {
    const names = ['world 2', 'world 3', 'world 4'].slice(0, worlds);
    const comparisons = record.log.comparisons.map((one) =>
      names.includes(one.world) ? { ...one, perRound: one.perRound.map((value) => (value ?? 0) + by) } : one,
    );
    return { ...record, log: { ...record.log, comparisons } };
  };

  it('does not hold with a difference that is called, or with too many intervals', () => {
    const [first, ...others] = experiments(20);
    assert.ok(first !== undefined);
    const called = reportIdentical([shifted(first, 0.2, 1), ...others]);
    assert.match(called.found, / 1 differences are called/);
    assert.equal(called.state, 'does not hold');
    // Intervals of seven experiments, in which the worlds differ by a little more than starts usually do.
    const many = experiments(20).map((record, index) => (index < 7 ? shifted(record, 0.045, 3) : record));
    assert.equal(reportIdentical(many).state, 'does not hold');
  });

  it('judges an experiment by what other starts differ by', () => {
    const own = experiments(20);
    // All odd starts differ much: the even ones are judged by that, and they by the even ones.
    const wild = own.map((record) => (record.half === 'odd' ? shifted(record, 0.2, 1) : record));
    const verdictsOf = (half: string) =>
      judgeByOtherHalf(wild).flatMap(({ record, verdict }) => (record.half === half ? verdict : []));
    assert.equal(verdictsOf('odd').filter((verdict) => verdict === 'worse').length, 10);
    assert.deepEqual([...new Set(verdictsOf('even'))], ['inconclusive']);
    assert.deepEqual(judgeByOtherHalf(own.filter(({ half }) => half === 'odd')), []);
  });

  it('checks all six pairs with a spread from elsewhere', () => {
    const records = times(50, (index) => madeUpIdentical(index, { ...quiet, half: 'even' }));
    const told = (sd: number) => checkedPairs(records, 'request', { sd, df: 36, starts: 12, ofRounds: 0 });
    assert.equal(told(0.01).of, 300);
    assert.ok(told(0.01).found <= 30, `${told(0.01).found}`);
    assert.ok(told(0).found > 60, `${told(0).found}`);
  });
});

describe('the report of planted slowdowns (made up)', () => {
  const worlds = ['+5 %', '+10 %', '+20 %', '×5 on every tenth'];
  const experiment = (given: Readonly<Record<string, Partial<ComparisonLog>>> = {}) =>
    madeUpRecord({
      part: 'c' as const,
      worlds,
      log: madeUpLog(
        worlds.map((world) =>
          madeUpComparison(world, 'request', { changePct: 9, p: 0.01, verdict: 'worse', ...given[world] }),
        ),
      ),
    });
  const missed = { p: 0.2 };

  it('holds as long as small slowdowns are found mostly and large ones always', () => {
    const ten = (hits: number) => [
      ...times(hits, () => experiment()),
      ...times(10 - hits, () => experiment({ '+5 %': missed, '+10 %': missed })),
    ];
    assert.equal(reportSlowdowns(ten(10)).state, 'holds');
    assert.equal(reportSlowdowns(ten(8)).state, 'holds');
    assert.equal(reportSlowdowns(ten(7)).state, 'does not hold');
    assert.equal(reportSlowdowns(ten(10).slice(1)).state, 'incomplete');
    const lost = [...times(9, () => experiment()), experiment({ '×5 on every tenth': missed })];
    assert.equal(reportSlowdowns(lost).state, 'does not hold');
    assert.match(reportSlowdowns(lost).found, /×5 on every tenth found in 90 %/);
  });

  it('counts only experiments that had the world', () => {
    const half = times(10, (index) => {
      const record = experiment();
      const own = worlds.filter((world) => world !== (index % 2 === 0 ? '+5 %' : '+20 %'));
      const comparisons = record.log.comparisons.filter(({ world }) => own.includes(world));
      return { ...record, worlds: own, log: { ...record.log, comparisons } };
    });
    const report = reportSlowdowns(half);
    assert.equal(report.state, 'holds');
    assert.match(report.blocks.join('\n'), /\| request \| 5 of 5, \+9\.0 % \| 10 of 10, \+9\.0 % \| 5 of 5/);
  });

  it('does not hold with one in the wrong direction', () => {
    const wrong = experiment({ '+5 %': { changePct: -3 } });
    const report = reportSlowdowns([...times(9, () => experiment()), wrong]);
    assert.equal(report.state, 'does not hold');
    assert.match(report.found, /1 time in the wrong direction/);
    assert.match(report.blocks.join('\n'), /9 of 10, \+9\.0 %, 1 wrong/);
  });

  it('counts an experiment without a comparison as one that has not found it', () => {
    const empty = madeUpRecord({
      part: 'c' as const,
      worlds,
      log: madeUpLog([], { status: 'generator-saturated' }),
    });
    const report = reportSlowdowns([...times(9, () => experiment()), empty]);
    assert.equal(report.state, 'does not hold');
    assert.match(report.blocks.join('\n'), /9 of 10/);
  });
});

describe('the report of the command (made up)', () => {
  const better: CommandOutcome = {
    exitCode: 0,
    status: 'ok',
    rounds: 8,
    verdicts: { 'cache-aside': 'better', versioned: 'better' },
  };
  const run = (foreignCores: number, command: CommandOutcome, seconds = 150) =>
    madeUpRecord({ part: 'd' as const, foreignCores, command }, { seconds });
  const runs = (noisy: readonly CommandOutcome[], seconds = 150) => [
    ...times(10, () => run(0, better)),
    ...noisy.map((command) => run(1, command, seconds)),
  ];
  const without = { ...better, verdicts: { ...better.verdicts, versioned: 'inconclusive' } };

  it('holds with verdicts in nine of ten runs, within three minutes at the median', () => {
    assert.equal(reportCommands(runs(times(10, () => better))).state, 'holds');
    assert.equal(reportCommands(runs([...times(9, () => better), without])).state, 'holds');
    assert.equal(reportCommands(runs([...times(8, () => better), without, without])).state, 'does not hold');
    assert.equal(
      reportCommands(
        runs(
          times(10, () => better),
          181,
        ),
      ).state,
      'does not hold',
    );
    assert.equal(reportCommands(runs(times(9, () => better))).state, 'incomplete');
  });

  it('takes no exit but 0 for a verdict', () => {
    const refused = { ...better, exitCode: 31 };
    const report = reportCommands(runs(times(10, () => refused)));
    assert.match(report.found, /under bursts: 0 of 10 with a verdict/);
    assert.match(report.blocks.join('\n'), /31 \(10 ×\)/);
  });

  it('says what is missing when only one kind was run', () => {
    const report = reportCommands([run(0, better)]);
    assert.equal(report.state, 'incomplete');
    assert.doesNotMatch(report.blocks.join('\n'), /NaN|Infinity/);
  });
});

describe('the report of the pacings (made up)', () => {
  it('shows both ratios beside each other, also of what only one of them has', () => {
    const logOf = (changePct: number, withRequest: boolean) =>
      madeUpLog([
        madeUpComparison('cache-aside', 'p50', { changePct, interval95: [changePct - 2, changePct + 2] }),
        ...(withRequest ? [madeUpComparison('cache-aside', 'request', { changePct: -30 })] : []),
      ]);
    const record = madeUpRecord({ part: 'e' as const, together: logOf(-25, true), turns: logOf(-40, false) });
    const report = reportPacings([record]);
    assert.match(report.found, /−25\.0 % \[−27\.0 %, −23\.0 %\] together, −40\.0 %/);
    assert.match(report.blocks.join('\n'), /cache-aside, request \| −30\.0 % .* \| – \|/);
  });
});

describe('the page with experiments (made up)', () => {
  it('has a state for each part, and figures everywhere', () => {
    const records = [
      madeUpRecord({ part: 'a' as const, isAsAssumed: true, tally: madeUpTally({ experiments: 50 }) }),
      madeUpIdentical(1, { roundSd: 0.02, processSd: 0.01, half: 'odd' }),
      madeUpRecord({ part: 'c' as const, worlds: ['+10 %'], log: madeUpLog([]) }),
      madeUpRecord({ part: 'e' as const, together: madeUpLog([]), turns: madeUpLog([]) }),
    ];
    const text = page(records);
    assert.equal(text.match(/\*\*incomplete\*\*/g)?.length, 4);
    assert.equal(text.match(/^Not run\.$/gm)?.length, 1);
    assert.match(text, /4 experiments from 2001-02-03 to 2001-02-03/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
  });

  it('says what compare takes for the spread of processes', () => {
    const calibrated = {
      ...madeUpMachine,
      latency: { sd: 0.0123, df: 30 },
      cpuPerRequest: { sd: 0.02, df: 31 },
    };
    const text = renderCalibrationPage({ machine: madeUpMachine, records: [], calibrated });
    assert.match(text, /σ = 1\.23 % \(30 degrees of freedom\) for times and 2\.00 % \(31\) for CPU/);
  });
});
