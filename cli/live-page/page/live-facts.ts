/** What the page is told once: what runs, and what is drawn of it. */
export type LiveFacts = {
  readonly candidates: readonly string[];
  readonly scenario: string | null;
  readonly ratePerSecond: number;
  readonly telemetry: string;
  /** What an experiment measures in each round; none where none runs. */
  readonly figures: readonly FigureFacts[];
  /** Where more is to be seen. */
  readonly links: readonly { readonly name: string; readonly address: string }[];
  /** Where a trace is shown, without its id; null where there are no traces. */
  readonly traceBase: string | null;
};

/** A figure of an experiment: one row of the table of the last round. */
export type FigureFacts = {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly unit: string;
};

export type Unit = 'per-second' | 'seconds' | 'share' | 'ratio';

export type ChartFacts = {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly description: string;
  /** Shares of a whole, drawn one upon the other. */
  readonly isStacked: boolean;
  readonly labels: readonly string[];
  /** Of each label: the colour that it has on every chart and every board; null where it has none of its own. */
  readonly colours: readonly (string | null)[];
};

export type LiveLine = {
  readonly label: string;
  readonly candidate: string;
  readonly values: readonly (number | null)[];
};

/** Something that was so from one second to another. */
export type LiveEvent = {
  readonly text: string;
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
  /** Whether something did not answer. */
  readonly isOutage: boolean;
};

/** A round of an experiment: one, however many candidates are asked in it. */
export type LiveRound = {
  /** 0 is the shake-down. */
  readonly round: number;
  readonly from: number;
  /** Null while it runs. */
  readonly to: number | null;
};

/** What a figure came to in the last block of a candidate, as tables write it. */
export type LiveFigure = { readonly candidate: string; readonly figure: string; readonly text: string };

export type LiveAlert = {
  readonly name: string;
  readonly state: string;
  readonly severity: string;
  readonly candidate: string;
  /** RFC 3339. */
  readonly since: string;
  readonly summary: string;
  /** The address of the page that says what to do; null when there is none. */
  readonly runbook: string | null;
};

/** A traced request that took long. */
export type SlowTrace = { readonly traceId: string; readonly title: string; readonly durationMs: number };

/** Whole seconds since 1970, both ends included; the values of all lines are theirs. */
export type LiveUpdate = {
  readonly from: number;
  readonly to: number;
  /** By the id of their chart. */
  readonly charts: Readonly<Record<string, readonly LiveLine[]>>;
  readonly events: readonly LiveEvent[];
  /** In their order; none where no experiment runs. */
  readonly rounds: readonly LiveRound[];
  /** In no order; none where no experiment runs, and before its first round has ended. */
  readonly figures: readonly LiveFigure[];
  readonly alerts: readonly LiveAlert[];
};

/** An answer to the page. `update` is null when Prometheus does not answer. */
export type LiveAnswer = { readonly update: LiveUpdate | null; readonly slowTraces: readonly SlowTrace[] };
