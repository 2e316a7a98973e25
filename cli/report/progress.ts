import { hitsOf } from '../experiment/cache-counts.ts';
import type { BlockRecord } from '../experiment/records.ts';
import { quantileMs } from '../statistics/histograms.ts';

/** A time for people: `45 s`, `2 min 10 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** One line per block, for people who wait. */
export function formatBlock(block: BlockRecord, rounds: number, secondsLeft: number): string {
  const place = block.round === 0 ? 'shake-down' : `round ${block.round}/${rounds}`;
  const p50 = quantileMs(block.responseTimeUs, 0.5);
  const { cache } = block;
  const hit = cache === null || cache.reads === 0 ? null : hitsOf(cache) / cache.reads;
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
