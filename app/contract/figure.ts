import type { Metric } from './metric.ts';
import type { SentOperationName } from './operations.ts';

/** Series of a metric of a process, by their labels: with several values for a label, those that have any of them. */
export type Counter = {
  /** The name under which it is exposed; of a histogram its `_count` or `_sum`. */
  readonly counter: string;
  readonly where?: Readonly<Record<string, string | readonly string[]>>;
  /** A gauge: what it stands at in the end counts, not what it has grown by. */
  readonly isLevel?: true;
};

type LabelsOf<M extends Metric> = { readonly [L in M['labels'][number]]?: string | readonly string[] };

/** A counter of the catalogue; of a histogram, how often it has observed. */
export function counterOf<const M extends Metric>({ name, type }: M, where?: LabelsOf<M>): Counter {
  const counter = type === 'histogram' ? `${name}_count` : name;
  return where === undefined ? { counter } : { counter, where: where as Counter['where'] & object };
}

/** A gauge of the catalogue, over all processes that expose it. */
export const levelOf = <const M extends Metric>(metric: M, where?: LabelsOf<M>): Counter => ({
  ...counterOf(metric, where),
  isLevel: true,
});

/** What the driver measures: the same-request change, or quantiles and the mean of all response times. */
export type DriverFigure = 'request' | 'p50' | 'p80' | 'p95' | 'p99' | 'mean';

/** A quantile of the response times of these operations alone, all of them together. */
export type OperationTimes = {
  readonly driver: 'p50' | 'p95' | 'p99';
  readonly operation: readonly SentOperationName[];
};

/**
 * Where a figure comes from. Counters grow, and gauges stand, in every process of a world that is scraped. `cpu` names a kind of process, a store
 * (`postgres`, `redis`), the `driver`, or the `world`: all but the driver. A query is made of the world's database after each
 * round; its one row has a column `value`.
 */
export type FigureSource =
  | Counter
  | { readonly cpu: string }
  | { readonly driver: DriverFigure }
  | OperationTimes
  | { readonly query: string };

/** What it is divided by: requests, or writes, that the service answered; seconds; a counter; null: nothing. */
export type FigurePer = 'request' | 'write' | 'second' | Counter | null;

/**
 * What two candidates differ by. `ratio`: the logarithm of a quotient, told in percent; what is 0 has none. `points`: a difference of
 * shares, told in percentage points. `plain`: a difference in its own unit, where zeros are normal.
 */
export type FigureScale = 'ratio' | 'points' | 'plain';

/** The values of a candidate's axes, by their fields. */
export type CandidateValues = Readonly<Record<string, string | number>>;

/**
 * What is measured of a candidate and compared. All that is done with a figure derives from this: what is taken from the service,
 * what a block keeps, comparisons, JSON and its schema, tables, sentences, lists and documentation.
 */
export type Figure = {
  /** In JSON, in comparisons, and for `--primary`. Unique over all systems. */
  readonly name: string;
  /** One sentence for lists and documentation. */
  readonly meaning: string;
  /** What stands behind its values, such as `ms` or `per request`; may be empty. */
  readonly unit: string;
  readonly from: FigureSource;
  readonly per: FigurePer;
  /** Its value where what it is divided by is 0, by the candidate's values; null, or absent: it has none. */
  readonly whenNone?: number | ((values: CandidateValues) => number | null);
  readonly scale: FigureScale;
  readonly better: 'less' | 'more';
  /** The smallest difference that matters, on the scale, from the other candidate's value; above 0. */
  readonly margin: (other: number) => number;
  /** As a cell of a table. */
  readonly write: (value: number) => string;
  /** Over its column. */
  readonly title: string;
  /**
   * `responses`: how fast it was; `costs`: what it spared and cost; `quality`: how well a system does what it is for, `work`: what it did
   * beside answering, each in a table of the system.
   */
  readonly table: 'responses' | 'costs' | 'quality' | 'work' | null;
  /** How a sentence names it. Absent: its name, in words. */
  readonly words?: string;
  /** Whether a sentence tells its change where the verdict rests on another figure. */
  readonly isTold?: boolean;
  /** Figures that follow each other and name the same column share it: it is titled by this and by their titles. */
  readonly column?: string;
  /** Absent: its column is always there. */
  readonly shows?: 'where-known' | 'where-any';
  /** What stands in its cell where it is null. Absent: n/a. */
  readonly lacking?: string;
  /** Absent: every candidate has it. For the others it is null, and a dash in tables. */
  readonly appliesTo?: (values: CandidateValues) => boolean;
};

/** The smallest change of a time or a cost that matters where nothing else is said, on the scale of ratios: 5 %. */
export const usualMargin = Math.log(1.05);
/** That of the tail of response times: 10 %, and no less than a millisecond. */
export const tailMargin = (otherMs: number): number => Math.max(Math.log(1.1), Math.log(1 + 1 / otherMs));
