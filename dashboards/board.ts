/** A query of a panel. `legend` is Grafana's template: `{{candidate}}`. */
export type PanelQuery = {
  readonly expr: string;
  readonly legend: string;
  /** Shows the traces that the observations name. */
  readonly hasExemplars?: boolean;
};

/** What is seen in one place of a board. */
export type Panel = {
  /** A question. */
  readonly title: string;
  /** What it shows, what good looks like, and what to do when it does not. */
  readonly description: string;
  /** As Grafana calls it. */
  readonly unit: 's' | 'percentunit' | 'reqps' | 'ops' | 'short' | 'bytes' | 'none';
  readonly queries: readonly PanelQuery[];
  /**
   * `lines` where it is left out. `stack`: parts of a whole, one upon the other, in a panel of its own for each candidate; it
   * takes all columns.
   */
  readonly kind?: 'lines' | 'stack' | 'stat' | 'table' | 'heatmap';
  /** From here on it is bad. */
  readonly badFrom?: number;
  /** Why it has nothing to show in a run in which all is well: said in place of the data. */
  readonly mayBeEmpty?: string;
  readonly columns?: 8 | 12 | 24;
  /** Where to look next: ids of boards. */
  readonly leadsTo?: readonly string[];
};

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
