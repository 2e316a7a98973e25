import { binarySize } from '../../app/contract/figure-text.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { describeChange, formatInterval } from '../report/change-text.ts';
import { formatDuration } from '../report/progress.ts';
import { columnsMax, foldColumns, wrapWords } from '../report/text-columns.ts';
import { primaryOf } from './advice.ts';
import type { Advice, Verified } from './advice.ts';
import { lifetimesTried } from './candidate-grid.ts';
import { asGood } from './front.ts';

const percent = (share: number | null): string => (share === null ? 'n/a' : `${(100 * share).toFixed(1)} %`);
const indent = '  ';

/** A heading and what it is about, within the width of a terminal. */
function paragraph(heading: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return [];
  const [first = '', ...others] = wrapWords(`${heading}: ${sentences.join(' ')}`, columnsMax - indent.length);
  return [first, ...others.map((line) => indent + line)];
}

/** What is advised, in sentences that say by themselves what it rests on. `result`: null where nothing was run. */
export function renderAdvice(advice: Advice, result: CompareResult | null): string {
  const { recommended, withheldReason } = advice;
  const lines = [
    ...(recommended === null
      ? paragraph('Advice', [`none is given, since ${withheldReason}.`])
      : describeChoice(advice, recommended, result)),
    ...paragraph('Why', describeWay(advice)),
    ...describeRun(advice),
    ...paragraph('How sure', describeUncertainty(advice, result)),
    ...paragraph('Not tested', describeUntested(advice, result)),
  ];
  return `${lines.join('\n')}\n`;
}

function describeChoice(advice: Advice, recommended: Verified, result: CompareResult | null): string[] {
  return [
    `Advice: ${recommended.label}`,
    ...paragraph('Its gain', [describeGain(advice, recommended)]),
    ...paragraph('Its price', describePrice(advice, recommended, result)),
    ...(result === null ? [] : paragraph('Response time', describeResponse(result, recommended))),
    ...(result === null ? [] : paragraph('What may go wrong', describeAnomalies(result, recommended))),
  ];
}

function describeGain({ isForeign }: Advice, { measured, hitRatio }: Verified): string {
  return isForeign
    ? `caches would answer ${percent(hitRatio)} of the reads in place of storage, as simulated.`
    : `caches answered ${percent(measured)} of the reads in place of storage, as measured.`;
}

function describePrice(
  { best, isForeign }: Advice,
  { bytes, hitRatio, measured }: Verified,
  result: CompareResult | null,
): string[] {
  const replicas = result?.manifest.replicas ?? null;
  const where = replicas === null ? 'all replicas' : replicas === 1 ? 'the replica' : `${replicas} replicas`;
  const price = `${binarySize(bytes)} of memory for entries at the fullest moment of the simulation, over ${where} and Redis together; an empty process and an empty Redis are not in it.`;
  if (best === null) return [price];
  const points = isForeign
    ? 100 * (best.hitRatio - hitRatio)
    : 100 * ((best.measured ?? 0) - (measured ?? 0));
  return [
    price,
    `${best.label} hits most: ${points.toFixed(1)} points more, for ${binarySize(best.bytes)}, which is ${(best.bytes / Math.max(1, bytes)).toFixed(1)} times as much; up to ${100 * asGood} point counts as nothing here.`,
  ];
}

function describeResponse(result: CompareResult, { label }: Verified): string[] {
  const primary = primaryOf(result, label);
  if (primary === null) return [];
  const { verdict, withheldReason, changePct } = primary;
  const change = `${changePct === null ? 'not known' : describeChange(primary)}${formatInterval(primary)}`;
  if (verdict === 'inconclusive')
    return [`${change}: no difference is shown; the advice rests on hits and bytes.`];
  if (verdict !== null) return [`${change}: ${verdict}.`];
  return [
    `${change}, which is no verdict: ${withheldReason ?? 'unknown reason'}. The advice rests on hits and bytes, which are counted, whatever the machine has to do.`,
  ];
}

function describeAnomalies({ candidates }: CompareResult, { label }: Verified): string[] {
  const allows = candidates.find(({ name }) => name === label)?.allows ?? [];
  return allows.length === 0
    ? []
    : [`a read may be stale after ${allows.join(', ')} (docs/strategies.md says how, and for how long).`];
}

/** How one came out of many. */
function describeWay({ simulated, strategy, front, verified, isForeign, recommended }: Advice): string[] {
  const points = 100 * asGood;
  const chosen = isForeign
    ? `the cheapest that hits at most ${points} point less than the best in the simulation`
    : `the cheapest that was measured to hit at most ${points} point less than the best`;
  const few =
    verified.length === 0
      ? 'None of them was run.'
      : `Of these the best, the cheapest within ${points} point of it and the cheapest within 5 were run with the requests of the recording, which are ${verified.length} in all.`;
  return [
    `${simulated} configurations of ${strategy} were simulated over the recording: every eviction policy and stack of memory and Redis, memory in doublings, lifetimes of ${lifetimesTried.join(' and ')}. ${front.length} of them ${front.length === 1 ? 'is' : 'are'} matched by none that takes less memory.`,
    few,
    ...(recommended === null ? [] : [`Advised is ${chosen}.`]),
  ];
}

/** A table of what was run, the cheapest first. */
function describeRun({ verified, isForeign, recommended }: Advice): string[] {
  if (verified.length === 0) return [];
  const rows = verified
    .toSorted((a, b) => a.bytes - b.bytes)
    .map(({ label, bytes, hitRatio, measured, trouble }) => [
      label,
      binarySize(bytes),
      percent(hitRatio),
      isForeign ? '–' : percent(measured),
      label === recommended?.label ? 'advised' : (trouble ?? ''),
    ]);
  return foldColumns(
    [['run', 'memory', 'hits simulated', 'measured', ''], ...rows],
    (column) => column === 0 || column === 4,
  );
}

/** Simulation and measurement agree within so many points where all is as it should be (docs/systems/prediction.md). */
const agreeWithin = 2;

function describeUncertainty(advice: Advice, result: CompareResult | null): string[] {
  const { verified, pointsOffMax, lessThanBest, isForeign, recordedSeconds } = advice;
  if (result === null) return ['it was simulated, and not measured.'];
  const rounds = result.candidates.some(({ requests }) => requests > 0) ? result.manifest.order.length : 0;
  return [
    ...(isForeign
      ? [
          'what the replay sent in place of the objects of the recording has other sizes, so that no hit ratio could be measured to hold against the simulated ones; it shows that the configurations run, and their response times with pages of photos.',
        ]
      : describeOff(pointsOffMax, verified.length)),
    ...(lessThanBest === null ? [] : [describeLess(lessThanBest)]),
    `It rests on ${rounds} ${rounds === 1 ? 'round' : 'rounds'} and ${formatDuration(recordedSeconds)} of one recording: at another time the service may be asked for other things.`,
  ];
}

function describeOff(pointsOffMax: number | null, runs: number): string[] {
  if (pointsOffMax === null) return [];
  const off = `simulated and measured hit ratios differ by ${pointsOffMax.toFixed(1)} points at most, over ${runs} ${runs === 1 ? 'configuration' : 'configurations'}.`;
  return pointsOffMax <= agreeWithin
    ? [off]
    : [
        off,
        `That is more than the ${agreeWithin} points within which they agree elsewhere: one of those that were only simulated may be better.`,
      ];
}

function describeLess({ rounds, points, interval95 }: NonNullable<Advice['lessThanBest']>): string {
  if (interval95 === null) return 'Over a single round it is not known what is chance.';
  const [least, most] = interval95;
  const limit = 100 * asGood;
  const doubt = most > limit ? `, so that it may be more than the ${limit} point that was allowed` : '';
  return `In the ${rounds} rounds in which nothing was amiss with either it hits ${points.toFixed(1)} points less than the best [${least.toFixed(1)}, ${most.toFixed(1)}]${doubt}.`;
}

function describeUntested(advice: Advice, result: CompareResult | null): string[] {
  const { simulated, verified, strategy, isWhole, recordedSeconds } = advice;
  const others = [
    ...(simulated > verified.length
      ? [`${simulated - verified.length} of ${simulated} configurations, which were simulated only`]
      : []),
    `other strategies than ${strategy}, and other lifetimes than ${lifetimesTried.join(' and ')}`,
    ...(isWhole ? [] : [`what the recording has after its first ${formatDuration(recordedSeconds)}`]),
    ...(result === null
      ? []
      : [
          `other loads than ${result.manifest.scenario}, at ${result.manifest.rate.perSecond} requests/s`,
          `other numbers of replicas than ${result.manifest.replicas}`,
        ]),
    'restarts, and a Redis that fails',
  ];
  return [`${others.join('; ')}.`];
}
