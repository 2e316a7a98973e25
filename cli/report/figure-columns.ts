import type { Figure } from '../../app/contract/figure.ts';
import { figures } from '../figures/figure-list.ts';
import type { ListedFigure } from '../figures/figure-list.ts';
import { unknown } from './change-text.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';

export type Column = {
  readonly title: string;
  readonly isLeft?: boolean;
  readonly cell: (candidate: CandidateResult, result: CompareResult) => string;
};

/** A column of one figure, or of those that share it. */
export type FigureColumn = Column & { readonly figures: readonly string[] };

const valueOf = ({ name }: Figure, candidate: CandidateResult): number | null =>
  candidate.figures[name] ?? null;

/** Whether anybody has more of it than nothing. */
function isAny(figure: Figure, candidates: readonly CandidateResult[]): boolean {
  return candidates.some((candidate) => (valueOf(figure, candidate) ?? 0) !== 0);
}

function isKnown(figure: Figure, candidates: readonly CandidateResult[]): boolean {
  return candidates.some((candidate) => valueOf(figure, candidate) !== null);
}

/** The figures of a column that there is something to say of. */
function shownOf(column: readonly Figure[], candidates: readonly CandidateResult[]): readonly Figure[] {
  const isOptional = column.some(({ shows }) => shows === 'where-any');
  if (isOptional && !column.some((figure) => isAny(figure, candidates))) return [];
  return column.filter((figure) => figure.shows !== 'where-known' || isKnown(figure, candidates));
}

function cellOf(figure: Figure, candidate: CandidateResult): string {
  if (figure.appliesTo?.(candidate.config) === false) return '–';
  const value = valueOf(figure, candidate);
  return value === null ? (figure.lacking ?? unknown) : figure.write(value);
}

/** Figures that follow each other and name the same column. */
function shareColumns(all: readonly ListedFigure[]): ListedFigure[][] {
  const columns: ListedFigure[][] = [];
  for (const figure of all) {
    const last = columns.at(-1);
    if (figure.column !== undefined && last?.[0]?.column === figure.column) last.push(figure);
    else columns.push([figure]);
  }
  return columns;
}

/** The columns of a table, for candidates that have its figures; of one system only where one is named. */
export function figureColumns(
  table: NonNullable<Figure['table']>,
  candidates: readonly CandidateResult[],
  system?: string,
): FigureColumn[] {
  const own = figures.filter(
    (figure) =>
      figure.table === table &&
      (system === undefined || figure.system === system) &&
      candidates.some((candidate) => Object.hasOwn(candidate.figures, figure.name)),
  );
  return shareColumns(own).flatMap((column) => {
    const shown = shownOf(column, candidates);
    if (shown.length === 0) return [];
    const [{ column: shared } = {}] = shown;
    const titles = shown.map(({ title }) => title).join('/');
    return {
      title: shared === undefined ? titles : `${shared} ${titles}`,
      figures: shown.map(({ name }) => name),
      cell: (candidate: CandidateResult) => shown.map((figure) => cellOf(figure, candidate)).join(' / '),
    };
  });
}
