import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MachineKind } from '../statistics/process-spread.ts';
import type { PartLetter, StartsHalf } from './calibration-sizes.ts';
import type { RealLog } from './real-experiment.ts';
import type { SimulationTally } from './simulated-experiments.ts';

/**
 * Counts, for each part, the versions of what is calibrated: estimators, intervals, the stopping rule, how an experiment is
 * run, what is planted. Raise it when one of them changes: what was measured before then counts no longer.
 */
export const methodVersions: Readonly<Record<PartLetter, number>> = { a: 1, b: 1, c: 2, d: 1, e: 1 };

/** How the README's command ended. */
export type CommandOutcome = {
  readonly exitCode: number | null;
  readonly status: string | null;
  readonly rounds: number | null;
  /** Of the primary comparisons, by candidate; null where it was withheld. */
  readonly verdicts: Readonly<Record<string, string | null>>;
};

/** What an experiment of each part leaves. */
export type PartOutcome =
  | { readonly part: 'a'; readonly isAsAssumed: boolean; readonly tally: SimulationTally }
  | {
      readonly part: 'b';
      readonly candidate: string;
      readonly half: StartsHalf;
      readonly foreignCores: number;
      readonly log: RealLog;
    }
  | { readonly part: 'c'; readonly worlds: readonly string[]; readonly log: RealLog }
  | { readonly part: 'd'; readonly foreignCores: number; readonly command: CommandOutcome }
  | { readonly part: 'e'; readonly together: RealLog; readonly turns: RealLog };

/** What is kept of every finished experiment. */
export type FinishedExperiment = {
  readonly method: number;
  readonly machine: MachineKind;
  readonly key: string;
  readonly startedAt: string;
  readonly seconds: number;
};
/** A line of the journal. */
export type JournalRecord = FinishedExperiment & PartOutcome;
export type RecordOf<P extends PartLetter> = Extract<JournalRecord, { part: P }>;

export type ExperimentJournal = {
  /** What was finished on this kind of machine by this version of the method. */
  readonly records: () => readonly JournalRecord[];
  readonly append: (record: JournalRecord) => void;
  /** Forgets what these parts have finished on this kind of machine. */
  readonly forget: (parts: readonly PartLetter[]) => void;
};

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Null for a line that was not written to its end. */
function parseLine(line: string): JournalRecord | null {
  try {
    return JSON.parse(line) as JournalRecord;
  } catch {
    return null;
  }
}

/** Experiments of all machines, a JSON line each, to which finished ones are appended. */
export function openJournal(file: string, machine: MachineKind): ExperimentJournal {
  const isOwn = (record: JournalRecord) =>
    record.method === methodVersions[record.part] &&
    record.machine.cpu === machine.cpu &&
    record.machine.cores === machine.cores;
  const all = () =>
    readText(file)
      .split('\n')
      .flatMap((line) => (line === '' ? [] : (parseLine(line) ?? [])));
  return {
    records: () => all().filter(isOwn),
    append: (record) => {
      mkdirSync(dirname(file), { recursive: true });
      const text = readText(file);
      const separator = text === '' || text.endsWith('\n') ? '' : '\n';
      appendFileSync(file, `${separator}${JSON.stringify(record)}\n`);
    },
    forget: (parts) => {
      const kept = all().filter((record) => !isOwn(record) || !parts.includes(record.part));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
    },
  };
}

/** The records of one part. */
export function recordsOf<P extends PartLetter>(records: readonly JournalRecord[], part: P): RecordOf<P>[] {
  return records.filter((record): record is RecordOf<P> => record.part === part);
}
