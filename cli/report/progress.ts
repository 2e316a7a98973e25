import { cacheReadsIn, hitBaseOf, hitsOf } from '../worlds/cache-counts.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord } from '../experiment/records.ts';
import { quantileMs } from '../statistics/histograms.ts';
import { effectScales } from '../statistics/effect-scale.ts';
import { figureNamed } from '../figures/figure-list.ts';
import { tellEffect, tellHalfWidth, tellMargin } from './change-text.ts';
import type { Narrowness, StoppingState } from '../statistics/stopping-rule.ts';

/** A time for people: `45 s`, `2 min 10 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** One line per block, for people who wait while candidates take turns. */
export function formatBlock(block: BlockRecord, rounds: number, secondsLeft: number): string {
  const place = block.round === 0 ? 'shake-down' : `round ${block.round}/${rounds}`;
  const p50 = quantileMs(block.responseTimeUs, 0.5);
  const cache = block.counts === null ? null : cacheReadsIn(block.counts);
  const hit = cache === null || cache.reads === 0 ? null : hitsOf(cache) / hitBaseOf(cache);
  const figures = [
    p50 === null ? 'no latency' : `p50 ${p50.toFixed(2)} ms`,
    hit === null ? null : `hit ${(hit * 100).toFixed(0)} %`,
    `${block.requests} requests`,
    block.status === 'invalid' ? 'not counted' : null,
    `${formatDuration(secondsLeft)} left`,
  ];
  const shown = figures.filter((figure) => figure !== null).join(', ');
  const guards = [...new Set(block.findings.map(({ guard }) => guard))];
  return `${place}  ${block.candidate}: ${shown}${guards.length === 0 ? '' : `  (${guards.join(', ')})`}`;
}

/** More make a line that nobody reads. */
const changesShownMax = 3;

function formatNarrowness({ candidate, mean, halfWidth }: Narrowness, primary: string): string {
  if (Number.isNaN(mean)) return `${candidate} n/a`;
  const { told } = effectScales[figureNamed(primary).scale];
  const width = halfWidth === null ? '' : ` ${tellHalfWidth(primary, told(halfWidth))}`;
  return `${candidate} ${tellEffect(primary, told(mean))}${width}`;
}

const width = ({ halfWidth }: Narrowness): number => halfWidth ?? Number.MAX_VALUE;

/** One line per round together: the widest intervals so far, what is wanted of the one furthest from it, and the time left. */
export function formatRound(
  state: StoppingState,
  { baseline, primary }: Pick<ExperimentPlan, 'baseline' | 'primary'>,
): string {
  const { rounds, roundsFixed, comparisons, widest, secondsLeft } = state;
  const widestFirst = comparisons.toSorted((a, b) => width(b) - width(a));
  const shown = comparisons.length <= changesShownMax ? comparisons : widestFirst.slice(0, changesShownMax);
  const changes = shown.map((narrowness) => formatNarrowness(narrowness, primary)).join(', ');
  const { told } = effectScales[figureNamed(primary).scale];
  const others = comparisons.length - shown.length;
  const parts = [
    ...(shown.length === 0 ? [] : [`${baseline}→${changes}${others === 0 ? '' : `, ${others} narrower`}`]),
    ...(widest === null || roundsFixed !== null
      ? []
      : [`wanted ±${tellMargin(primary, told(widest.wanted))}`]),
    ...(secondsLeft === null || state.decision.stop ? [] : [`at most ${formatDuration(secondsLeft)} left`]),
  ];
  return `round ${rounds}${roundsFixed === null ? '' : `/${roundsFixed}`}  ${parts.join('; ')}`.trimEnd();
}

/** Why blocks are invalid: the guards that spoke up, how often, and the first one's words. */
export function describeSpoiled(blocks: readonly BlockRecord[]): string {
  const findings = blocks.flatMap(({ candidate, findings: own }) =>
    own.filter(({ kind }) => kind === 'hard').map((finding) => ({ ...finding, candidate })),
  );
  const counts = [...Map.groupBy(findings, ({ guard }) => guard)].map(
    ([guard, own]) => `${guard} in ${own.length}`,
  );
  const [first] = findings;
  const example = first === undefined ? '' : `; ${first.candidate}: ${first.message}`;
  return `${counts.join(', ')} of its blocks${example}`;
}
