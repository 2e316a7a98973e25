import { slowedWorlds } from '../calibration-sizes.ts';
import type { RecordOf } from '../experiment-journal.ts';
import { realFigures } from '../real-experiment.ts';
import type { ComparisonLog, RealFigure } from '../real-experiment.ts';
import { isDifference, medianOf, shareOf } from '../sample-counts.ts';
import { count, markdownTable, notRun, percent, plural, signed, stateOf } from './part-report.ts';
import type { PartReport } from './part-report.ts';

const experimentsWanted = 10;
const significance = 0.05;
/** Share of the experiments in which the same-request change must find a slowdown. */
const wanted: Readonly<Record<string, number>> = { '+10 %': 0.8, '+20 %': 1, '×5 on every tenth': 1 };

const asked =
  'of planted slowdowns, within the default limit, 10 % of every request is found at least 8 times of 10, 20 % and ×5 on every ' +
  'tenth request always, and the direction is never wrong';

const comparisonsOf = (
  records: readonly RecordOf<'c'>[],
  world: string,
  figure: RealFigure,
): ComparisonLog[] =>
  records.flatMap(({ log }) =>
    log.comparisons.filter((comparison) => comparison.world === world && comparison.figure === figure),
  );

const isSeen = ({ p }: ComparisonLog): boolean => p !== null && p <= significance;
/** A slowdown makes every figure larger. */
const isFound = (one: ComparisonLog): boolean => isSeen(one) && (one.changePct ?? 0) > 0;
const isWrong = (one: ComparisonLog): boolean => isSeen(one) && (one.changePct ?? 0) < 0;

/** An experiment of that world that lacks the comparison has not found it. */
const planned = (records: readonly RecordOf<'c'>[], world: string) =>
  records.filter(({ worlds }) => worlds.includes(world));

function cell(records: readonly RecordOf<'c'>[], world: string, figure: RealFigure): string {
  const comparisons = comparisonsOf(records, world, figure);
  if (comparisons.length === 0) return '–';
  const median = medianOf(comparisons.flatMap(({ changePct }) => changePct ?? []));
  const wrong = comparisons.filter(isWrong).length;
  const found = `${count(comparisons.filter(isFound).length, planned(records, world).length)}, ${signed(median)}`;
  return wrong === 0 ? found : `${found}, ${wrong} wrong`;
}

export function reportSlowdowns(records: readonly RecordOf<'c'>[]): PartReport {
  if (records.length === 0) return notRun('c', asked);
  const { base, ...others } = slowedWorlds;
  const slowed = Object.values(others).map(({ name }) => name);
  const shares = Object.keys(wanted).map((world) => {
    const found = comparisonsOf(records, world, 'request').filter(isFound).length;
    const share = found / Math.max(1, planned(records, world).length);
    return { world, share, isEnough: share >= (wanted[world] ?? 1) };
  });
  const wrong = slowed.flatMap((world) => comparisonsOf(records, world, 'request').filter(isWrong)).length;
  const called = slowed
    .filter((world) => planned(records, world).length > 0)
    .map((world) => {
      const share = shareOf(planned(records, world), ({ log }) =>
        log.comparisons.some(
          (one) => one.world === world && one.figure === 'request' && isDifference(one.verdict),
        ),
      );
      return `${world} ${percent(share, 0)}`;
    });
  const rounds = medianOf(records.map(({ log }) => log.rounds)) ?? 0;
  return {
    part: 'c',
    asked,
    found:
      `same-request change: ${shares.map(({ world, share }) => `${world} found in ${percent(share, 0)}`).join(', ')}; ` +
      `${plural(wrong, 'time')} in the wrong direction, in ${plural(records.length, 'experiment')}`,
    state: stateOf(
      shares.every(({ isEnough }) => isEnough) && wrong === 0,
      records.length,
      experimentsWanted,
    ),
    blocks: [
      `Four worlds of \`${base.candidate}\` measured together (one unslowed, +5 and +20 % in turn), ${plural(rounds, 'round')} at the median. CPU is burned in the process, ` +
        'before the answer: 5, 10 or 20 % of the time that the request has taken there so far, and of what the client sees ' +
        'beyond it (a share of the time that requests take in the process at the moment); ×5 makes each tenth request take five ' +
        'times as long. Found: p of at most 5 % in the right direction. The median change stands beside it.',
      markdownTable(
        ['figure', ...slowed],
        realFigures.map((figure) => [figure, ...slowed.map((world) => cell(records, world, figure))]),
      ),
      `A verdict of the same-request change that says "better" or "worse", p adjusted for all comparisons: ${called.join(', ')}.`,
    ],
  };
}
