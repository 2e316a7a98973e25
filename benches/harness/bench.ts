import type { StackContext } from '../../cli/stack/stack-context.ts';

/** What one contestant showed in one round, or one sample: a number for each metric. */
export type Figures = Readonly<Record<string, number>>;

/** A column of a bench. The first one of a bench is also shown as a ratio to the reference. */
export type Metric = {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
};

/** What a bench must show, or it says by how much it was missed. */
export type Target = {
  readonly contestant: string;
  readonly metric: string;
  /** The value itself, or its ratio to or difference from another contestant's in the same round. */
  readonly relation: 'value' | 'ratio' | 'difference';
  readonly against: string | null;
  readonly sense: 'at-most' | 'at-least';
  readonly limit: number;
};

/** What a bench says about itself. All of it is kept with the results, so that the page needs nothing else. */
export type BenchDescription = {
  readonly name: string;
  /** What is asked, in a sentence. */
  readonly question: string;
  /** What a reader must know to judge the numbers. */
  readonly method: readonly string[];
  readonly metrics: readonly Metric[];
  readonly reference: string;
  readonly targets: readonly Target[];
};

/** Where a contestant in a process of its own is told what to do. */
export type Assignment = {
  readonly bench: string;
  readonly label: string;
  readonly redisUrl: string;
  /** What the keys of this contestant begin with. */
  readonly keyPrefix: string;
  readonly seed: number;
  /** What only some benches need: which part to play. */
  readonly part: string;
};

/** A contestant that is warm and waits for the word. */
export type Prepared = {
  /** Told to the command before anything is measured. */
  readonly info: string;
  /** `stopped` resolves when the command says so, for those who serve until then. */
  readonly measure: (stopped: Promise<void>) => Promise<Figures>;
};

/** A contestant in a process of its own, prepared. */
export type Launched = {
  readonly pid: number;
  readonly info: string;
  /** Gives the word; resolves with what was measured and the process gone. */
  readonly measure: () => Promise<Figures>;
  /** Asks one that serves to end. */
  readonly stop: () => void;
};

/** What the command gives to a bench. */
export type Lab = {
  readonly checkout: string;
  readonly context: StackContext;
  readonly now: () => number;
  readonly seed: number;
  /** Removes every key of the benches' Redis. */
  readonly emptyRedis: () => Promise<void>;
  readonly launch: (label: string, part?: string) => Promise<Launched>;
};

export type OpenedBench = {
  /** One contestant, once. */
  readonly round: (label: string) => Promise<Figures>;
  readonly close: () => Promise<void>;
};

export type Bench = BenchDescription & {
  /** In the order of the table. */
  readonly contestants: readonly string[];
  /** Why a contestant cannot take part, or null. */
  readonly unavailable?: (label: string) => string | null;
  readonly rounds: number;
  /** In the command's process. Absent: each round is one process that is prepared and measured. */
  readonly open?: (lab: Lab) => Promise<OpenedBench>;
  /** In the contestant's process. */
  readonly prepare: (assignment: Assignment) => Promise<Prepared>;
};
