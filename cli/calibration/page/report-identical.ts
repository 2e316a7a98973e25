import { figureNamed } from '../../figures/figure-list.ts';
import { usualPrimary } from '../../figures/response-figures.ts';
import { holmAdjust } from '../../statistics/holm.ts';
import { pairedEffect, toPct } from '../../statistics/paired-effect.ts';
import type { PairedEffect } from '../../statistics/paired-effect.ts';
import { judge } from '../../statistics/verdict.ts';
import type { Verdict } from '../../statistics/verdict.ts';
import { estimateSpread, worldRoundsOf } from '../estimate-spread.ts';
import type { SpreadEstimate } from '../estimate-spread.ts';
import type { RecordOf } from '../experiment-journal.ts';
import { spreadOfOdd } from '../keep-spread.ts';
import { realFigures } from '../real-experiment.ts';
import type { RealFigure } from '../real-experiment.ts';
import { isDifference, medianOf } from '../sample-counts.ts';
import { count, markdownTable, notRun, percent, plural, stateOf } from './part-report.ts';
import type { PartReport } from './part-report.ts';

const experimentsWanted = 20;
const intervalsWanted = 60;
const excludedMax = 6;

const asked =
  'of 20 experiments of 4 identical worlds, half of them under bursts of 1 to 2 foreign cores, at most 6 of 60 intervals ' +
  'exclude zero, and no difference is called';

type Identical = RecordOf<'b'>;

const comparisonsOf = (records: readonly Identical[], figure: RealFigure) =>
  records.flatMap(({ log }) => log.comparisons.filter((comparison) => comparison.figure === figure));

const excludesZero = (interval: readonly [number, number] | null): boolean =>
  interval !== null && (interval[0] > 0 || interval[1] < 0);

/** Intervals of a figure that exclude zero, as `compare` printed them. */
function excluded(
  records: readonly Identical[],
  figure: RealFigure,
): { found: number; of: number; called: number } {
  const intervals = comparisonsOf(records, figure).filter(({ interval95 }) => interval95 !== null);
  return {
    found: intervals.filter(({ interval95 }) => excludesZero(interval95)).length,
    of: intervals.length,
    called: comparisonsOf(records, figure).filter(({ verdict }) => isDifference(verdict)).length,
  };
}

/** A comparison with the first world, judged as `compare` judges. */
type Judged = { readonly record: Identical; readonly effect: PairedEffect; readonly verdict: Verdict };

/**
 * The same-request changes of all experiments. Each is judged by the spread of starts that the other half of
 * the experiments gives: a spread that an experiment helped to estimate would say too little of it. Empty
 * where the other half has no starts.
 */
export function judgeByOtherHalf(records: readonly Identical[]): Judged[] {
  return records.flatMap((record) => {
    const others = records.filter(({ half }) => half !== record.half);
    const spread = estimateSpread(others.map(({ log }) => worldRoundsOf(log, 'request')));
    if (spread === null) return [];
    const effects = worldRoundsOf(record.log, 'request')
      .slice(1)
      .map((perRound) => pairedEffect(perRound, { ...spread, parts: record.log.parts }));
    const adjusted = holmAdjust(effects.map(({ p }) => p ?? 1));
    const margin = figureNamed(usualPrimary).margin(1);
    return effects.map((effect, index) => ({
      record,
      effect,
      verdict: judge(effect, margin, adjusted[index] ?? 1),
    }));
  });
}

/** How often a difference was found between worlds that have none: by the interval, and by the verdict. */
function wrongOf(judged: readonly Judged[]): { found: number; of: number; called: number } {
  return {
    found: judged.filter(({ effect }) => excludesZero(effect.interval95)).length,
    of: judged.length,
    called: judged.filter(({ verdict }) => isDifference(verdict)).length,
  };
}

/** All pairs of worlds of some starts, with a spread that was estimated on other starts. */
export function checkedPairs(records: readonly Identical[], figure: RealFigure, spread: SpreadEstimate) {
  const pairs = records.flatMap(({ log }) => {
    const worlds = worldRoundsOf(log, figure);
    return worlds.flatMap((one, place) =>
      worlds.slice(place + 1).map((other) => {
        const differences = other.map((value, round) => value - (one[round] ?? 0));
        return pairedEffect(differences, { ...spread, parts: log.parts }).interval95;
      }),
    );
  });
  const known = pairs.filter((interval) => interval !== null);
  return { found: known.filter(excludesZero).length, of: known.length };
}

function spreadTable(records: readonly Identical[]): string {
  const even = records.filter(({ half }) => half === 'even');
  const text = (spread: SpreadEstimate | null) =>
    spread === null ? '–' : `${percent(spread.sd, 2)} (${Math.floor(spread.df)}, ${spread.starts})`;
  const rows = realFigures.map((figure) => {
    const odd = spreadOfOdd(records, figure);
    const other = estimateSpread(even.map(({ log }) => worldRoundsOf(log, figure)));
    const pairs = odd === null || even.length === 0 ? null : checkedPairs(even, figure, odd);
    return [figure, text(odd), text(other), pairs === null ? '–' : count(pairs.found, pairs.of)];
  });
  const headings = [
    'figure',
    'σ of the odd starts (df, starts)',
    'σ of the even starts',
    'pairs of the even starts that exclude zero with σ of the odd ones',
  ];
  return markdownTable(headings, rows);
}

function conditionTable(records: readonly Identical[], judged: readonly Judged[]): string {
  const groups = Map.groupBy(
    records,
    ({ candidate, foreignCores }) => `${candidate}, ${foreignCores === 0 ? 'quiet' : 'under bursts'}`,
  );
  const rows = [...groups].map(([condition, own]) => {
    const ownJudged = judged.filter(({ record }) => own.includes(record));
    const { found, of, called } = wrongOf(ownJudged);
    const spread = estimateSpread(own.map(({ log }) => worldRoundsOf(log, 'request')));
    const halves = ownJudged.flatMap(({ effect: { interval95 } }) =>
      interval95 === null ? [] : toPct((interval95[1] - interval95[0]) / 2),
    );
    const half = medianOf(halves);
    const foreign = medianOf(own.flatMap(({ log }) => log.foreignCpuShare ?? []));
    return [
      condition,
      own.length,
      count(found, of),
      called,
      half === null ? '–' : `± ${half.toFixed(1)} %`,
      spread === null ? '–' : percent(spread.sd, 2),
      foreign === null ? '–' : percent(foreign, 0),
    ];
  });
  const headings = [
    'worlds',
    'experiments',
    'exclude zero',
    'called',
    'half-width, median',
    'σ',
    'CPU of others',
  ];
  return markdownTable(headings, rows);
}

function figureTable(records: readonly Identical[]): string {
  const rows = realFigures.map((figure) => {
    const { found, of, called } = excluded(records, figure);
    const largest = Math.max(
      ...comparisonsOf(records, figure).map(({ changePct }) => Math.abs(changePct ?? 0)),
      0,
    );
    return [figure, count(found, of), called, `${largest.toFixed(1)} %`];
  });
  return markdownTable(['figure', 'intervals that exclude zero', 'called', 'largest difference'], rows);
}

export function reportIdentical(records: readonly Identical[]): PartReport {
  if (records.length === 0) return notRun('b', asked);
  const judged = judgeByOtherHalf(records);
  const { found, of, called } = wrongOf(judged);
  const notOk = records.filter(({ log }) => !['ok', 'inconclusive'].includes(log.status));
  const spread = spreadOfOdd(records, 'request');
  const least = spread === null ? null : toPct(1.96 * Math.SQRT2 * spread.sd);
  return {
    part: 'b',
    asked,
    found: `${count(found, of)} intervals exclude zero, ${called} differences are called, in ${plural(records.length, 'experiment')}`,
    state: stateOf(
      found <= (excludedMax * of) / intervalsWanted && called === 0,
      records.length,
      experimentsWanted,
    ),
    blocks: [
      'Four worlds of one candidate, started at the same time; each experiment has new starts. Three comparisons of each are with ' +
        `its first world. ${plural(notOk.length, 'experiment')} did not end as planned` +
        `${notOk.length === 0 ? '' : ` (${[...new Set(notOk.map(({ log }) => log.status))].join(', ')})`}. ` +
        'Same-request change, each with the σ of the other half of the starts:',
      conditionTable(records, judged),
      'All figures, as `compare` printed them with the σ that it had then:',
      figureTable(records),
      'What a world differs by from start to start: the variance of the means of identical worlds, less what rounds alone give ' +
        'them. `compare` takes that of the odd starts; here it is checked on all six pairs of the even ones. ' +
        'In brackets: degrees of freedom and starts.' +
        (least === null ? '' : ` One start alone makes intervals at least ± ${least.toFixed(1)} % wide.`),
      spreadTable(records),
    ],
  };
}
