import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../../app/contract/figure.ts';
import { figures } from '../../cli/figures/figure-list.ts';
import type { ListedFigure } from '../../cli/figures/figure-list.ts';
import { tellMargin } from '../../cli/report/change-text.ts';
import { effectScales } from '../../cli/statistics/effect-scale.ts';
import { markdownTable } from './overview-tables.ts';

/** Where the page is kept. */
export const figuresFile = join(import.meta.dirname, '..', '..', 'docs', 'figures.md');

const scales = { ratio: 'ratio, in percent', points: 'difference, in points', plain: 'difference' } as const;

function sourceOf({ from, per }: Figure): string {
  const divided = per === null ? '' : ` per ${typeof per === 'string' ? per : `\`${per.counter}\``}`;
  if ('counter' in from) return `\`${from.counter}\`${divided}`;
  if ('cpu' in from) return `CPU of ${from.cpu}${divided}`;
  if ('operation' in from) return `the driver, ${from.operation.join(' and ')} alone`;
  return 'driver' in from ? 'the driver' : `a query of the database${divided}`;
}

/** What it is from 1 and from 100, where it depends on the value that it is from. */
function marginText({ name, scale, margin }: Figure): string {
  const [small, large] = [1, 100].map((other) => tellMargin(name, effectScales[scale].told(margin(other))));
  return small === large ? `${small}` : `${small} from 1, ${large} from 100`;
}

function tableOf(own: readonly ListedFigure[]): string {
  const rows = own.map((figure) => [
    `\`${figure.name}\``,
    figure.meaning,
    figure.unit,
    sourceOf(figure),
    `${scales[figure.scale]}; ${figure.better} is better`,
    marginText(figure),
  ]);
  return markdownTable(['figure', 'what it is', 'unit', 'from', 'compared as', 'margin'], rows);
}

/** The figures of comparisons, from the same list as everything that is made of them. */
export function composeFiguresPage(): string {
  const sections = [...Map.groupBy(figures, ({ system }) => system)].flatMap(([system, own]) => [
    system === null ? '## Of every experiment' : `## Of the system \`${system}\``,
    tableOf(own),
  ]);
  const intro = [
    '# Figures',
    'Written by `npm run docs` from the lists of figures: `cli/figures/`, and `figures.ts` of each system. `darkroom list figures` prints',
    'the same. Each stands under its name in `figures` of the blocks and candidates of a result and in `comparisons[].metric`, and any',
    'of them can be what verdicts rest on: `--primary NAME`. [How an experiment measures](measuring.md) says how they are compared.',
    'Where a candidate asks for feeds, a witness asks every world about eleven times a second, each candidate alike; where one asks for',
    'counters, another one adds and reads about thirteen times a second. Their requests are served, read from caches, and counted with',
    'all others in what is told per request.',
  ];
  return `${[`${intro[0]}\n\n${intro.slice(1).join('\n')}`, ...sections].join('\n\n')}\n`;
}

// `npm run docs` writes it anew.
if (import.meta.main) writeFileSync(figuresFile, composeFiguresPage());
