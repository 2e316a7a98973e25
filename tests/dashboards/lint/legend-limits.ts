import type { PublishedPanel } from './published-form.ts';
import { limitsOf } from './limits-of.ts';

/** A series that a panel was answered with. */
export type AnsweredSeries = { readonly metric: Readonly<Record<string, string>> };

/** Names of candidates, processes, databases and slots are given by whoever runs them; all else in a legend is ours. */
const given = new Set(['candidate', 'instance', 'whose', 'slot_name']);
const label = /\{\{\s*(\w+)\s*\}\}/g;

/** What a legend calls a series, without the names that are given. */
function entryOf(legendFormat: string, { metric }: AnsweredSeries): string {
  return legendFormat
    .replaceAll(label, (_, name: string) => (given.has(name) ? '' : (metric[name] ?? '')))
    .trim();
}

/** What is too much in the legend of a panel, by what its queries were answered, each with its series. */
export function complainOfLegend(
  panel: PublishedPanel,
  answers: readonly (readonly AnsweredSeries[])[],
): string[] {
  if (panel.type !== 'timeseries') return [];
  const { series: seriesMax, legendLetters } = limitsOf(panel);
  const ofCandidates = new Map<string, number>();
  const long = new Set<string>();
  for (const [index, series] of answers.entries())
    for (const one of series) {
      const place = panel.repeat === undefined ? '' : (one.metric['candidate'] ?? '');
      ofCandidates.set(place, (ofCandidates.get(place) ?? 0) + 1);
      const entry = entryOf(panel.targets[index]?.legendFormat ?? '', one);
      if (entry.length > legendLetters) long.add(entry);
    }
  const most = Math.max(0, ...ofCandidates.values());
  return [
    ...(most > seriesMax ? [`${panel.title} has ${most} series, of ${seriesMax} that can be read`] : []),
    ...[...long].map((entry) => `${panel.title} has a legend of ${entry.length} letters: ${entry}`),
  ];
}
