import { simulatedEffectsPct } from '../simulation-settings.ts';
import type { RecordOf } from '../experiment-journal.ts';
import type { SimulationTally } from '../simulated-experiments.ts';
import { markdownTable, notRun, percent, stateOf } from './part-report.ts';
import type { PartReport } from './part-report.ts';

const falsePositivesMax = 0.06;
const overOracleMax = 1.3;
/** With fewer per setting a share of 5 % may well look like 6 %. */
const experimentsWanted = 5_000;

const asked =
  'at most 6 % false positives at nominal 5 %, and half-widths at most 1.3 × those of an oracle that knows s and σ, ' +
  'under the stopping rule';

/** Of each setting and effect the tally of the most experiments. */
function largest(records: readonly RecordOf<'a'>[]): RecordOf<'a'>[] {
  const best = new Map<string, RecordOf<'a'>>();
  for (const record of records) {
    const key = `${record.tally.setting} ${record.tally.effectPct}`;
    const other = best.get(key);
    if (other === undefined || other.tally.experiments < record.tally.experiments) best.set(key, record);
  }
  return [...best.values()];
}

function table(tallies: readonly SimulationTally[]): string {
  const settings = Map.groupBy(tallies, ({ setting }) => setting);
  const effects = simulatedEffectsPct.filter((pct) => pct > 0);
  const rows = [...settings].map(([setting, own]) => {
    const at = (pct: number) => own.find(({ effectPct }) => effectPct === pct);
    const none = at(0);
    const found = effects.map((pct) => {
      const tally = at(pct);
      return tally === undefined ? '–' : percent(tally.foundShare, 0);
    });
    return [
      setting,
      none === undefined ? '–' : percent(none.foundShare),
      percent(Math.min(...own.map(({ coverage }) => coverage))),
      none === undefined ? '–' : `± ${percent(none.halfWidthMedian)}`,
      Math.max(...own.map(({ overOracleMedian }) => overOracleMedian)).toFixed(2),
      ...found,
      none === undefined ? '–' : `${none.roundsMedian} (${none.roundsP90})`,
    ];
  });
  const headings = [
    'setting',
    'false positives',
    'coverage, least',
    'half-width',
    '× oracle, most',
    ...effects.map((pct) => `finds ${pct} %`),
    'rounds, median (p90)',
  ];
  return markdownTable(headings, rows);
}

export function reportSimulated(records: readonly RecordOf<'a'>[]): PartReport {
  if (records.length === 0) return notRun('a', asked);
  const all = largest(records);
  const asAssumed = all.filter(({ isAsAssumed }) => isAsAssumed).map(({ tally }) => tally);
  const otherwise = all.filter(({ isAsAssumed }) => !isAsAssumed).map(({ tally }) => tally);
  const noEffect = asAssumed.filter(({ effectPct }) => effectPct === 0);
  const falsest = Math.max(...noEffect.map(({ foundShare }) => foundShare));
  const widest = Math.max(...asAssumed.map(({ overOracleMedian }) => overOracleMedian));
  const fewest = Math.min(...all.map(({ tally }) => tally.experiments));
  const wrong = Math.max(...all.map(({ tally }) => tally.wrongDirectionShare));
  const holds = falsest <= falsePositivesMax && widest <= overOracleMax;
  const areComplete = noEffect.length > 0 && asAssumed.length % simulatedEffectsPct.length === 0;
  return {
    part: 'a',
    asked,
    found: `at most ${percent(falsest)} false positives in any setting, half-widths at most ${widest.toFixed(2)} × those of the oracle`,
    state: stateOf(holds, areComplete ? fewest : 0, experimentsWanted),
    blocks: [
      `${fewest} simulated experiments for each setting and true effect. The worlds drift together, bursts slow all of them down ` +
        'alike and each by something of its own, rounds have the tails of Student’s t with 5 degrees of freedom, and what starts ' +
        'differ by is known to the statistics as an estimate with 15 degrees of freedom. A false positive is a p of at most 5 % of one ' +
        `comparison without an effect; coverage is of the 95 % interval. In the wrong direction were at most ${percent(wrong)} of the comparisons with an effect.`,
      table(asAssumed),
      'Where something else is so than the statistics assume, they cannot keep what they promise. What that costs:',
      table(otherwise),
    ],
  };
}
