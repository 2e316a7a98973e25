import type { BoardName } from './board-names.ts';
import type { BoardUnit } from './board-units.ts';

/** A query of a panel. `legend` is Grafana's template: `{{candidate}}`. */
export type PanelQuery = {
  readonly expr: string;
  readonly legend: string;
  /**
   * Whether the traces that its observations name are shown as points: for one query of a panel at most,
   * where the height of a point means something.
   */
  readonly hasExemplars?: boolean;
};

/** A column of a table. */
export type TableColumn = {
  /** A label that the queries keep; or the value of a query, by its place among them. */
  readonly of: string | number;
  readonly title: string;
  /** Of a value. */
  readonly unit?: BoardUnit;
};

/** What is seen in one place of a board. */
export type Panel = {
  /** A question. */
  readonly title: string;
  /** What it shows, what good looks like, and what to do when it does not. */
  readonly description: string;
  readonly unit: BoardUnit;
  readonly queries: readonly PanelQuery[];
  /** `lines` where it is left out. `stack`: parts of a whole, one upon the other. */
  readonly kind?: 'lines' | 'stack' | 'table' | 'heatmap';
  /** Of a table: what it shows, from left to right. Its queries have these labels and no others, and are asked once. */
  readonly table?: readonly TableColumn[];
  /** From here on it is bad. */
  readonly badFrom?: number;
  /** Below it is bad. */
  readonly badBelow?: number;
  /** Why it has nothing to show in a run in which all is well: said in place of the data. */
  readonly mayBeEmpty?: string;
  /** At least; the last panels of a line share what is left of it. */
  readonly columns?: 8 | 12 | 24;
  /** A panel of its own for each candidate, named in the title; it takes all columns. Lines are then parts, each with its colour. */
  readonly isPerCandidate?: boolean;
  /** Which of the three questions of the first row of a board: does it work for users, what is it short of, what has changed? */
  readonly answers?: 'works' | 'short' | 'changed';
  /** Where to look next. */
  readonly leadsTo?: readonly BoardName[];
};

/**
 * The same panels. Those without a text of their own for when they are empty get this one, such as that the
 * process they show may not be there.
 */
export function withText(mayBeEmpty: string, panels: readonly Panel[]): readonly Panel[] {
  return panels.map((panel) => ({ mayBeEmpty, ...panel }));
}

export type BoardRow = { readonly title: string; readonly panels: readonly Panel[] };

export type Board = {
  /** Stands in addresses and in alerts. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly BoardRow[];
  /** Whether rounds of an experiment can be chosen. */
  readonly hasRounds?: boolean;
};

/** Every query of a board, with where it is from. */
export type BoardQuery = PanelQuery & {
  readonly board: string;
  readonly panel: string;
};

export function queriesOf({ uid, rows }: Board): readonly BoardQuery[] {
  return rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) => queries.map((query) => ({ ...query, board: uid, panel: title }))),
  );
}
