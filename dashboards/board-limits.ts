/** What a panel may show to be read at a glance, by how many of the 24 columns of the grid it takes. */
export type PanelLimits = {
  /** Letters of its title; more are cut while Grafana's navigation stands beside the board. */
  readonly titleLetters: number;
  /** Lines of its plot, and so entries of its legend. */
  readonly series: number;
  /** Letters of an entry of its legend, without the names of the candidate and of the process. */
  readonly legendLetters: number;
};

export const panelLimits: Readonly<Record<8 | 12 | 24, PanelLimits>> = {
  8: { titleLetters: 34, series: 8, legendLetters: 32 },
  12: { titleLetters: 54, series: 12, legendLetters: 40 },
  24: { titleLetters: 110, series: 16, legendLetters: 60 },
};

/** How many of the greatest series are shown where there may be any number. */
export const leadersMax = 6;

/**
 * How many values a label has at most while two candidates are shown. With more candidates legends grow, as
 * whoever chooses them sees. A label that is not here may have any number of values, so that panels show only
 * the greatest series.
 */
export const valuesOfLabels: Readonly<Record<string, number>> = {
  candidate: 2,
  reader: 2,
  cache_tier: 2,
  cache_result: 2,
  outcome: 3,
  stage: 3,
  way: 2,
};
