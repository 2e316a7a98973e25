import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { calibratedFile } from '../statistics/process-spread.ts';
import type { MachineKind } from '../statistics/process-spread.ts';
import type { SizeName } from './calibration-sizes.ts';
import type { JournalRecord } from './experiment-journal.ts';
import { calibratedFrom, keepSpread } from './keep-spread.ts';
import { renderCalibrationPage } from './page/calibration-page.ts';

/** Where a calibration keeps its experiments and what it writes of them. */
export type CalibrationFiles = {
  readonly journal: string;
  readonly page: string;
  /** Where the measured spread is written, for `compare` to read. Null: it is not written. */
  readonly spread: string | null;
};

/** A smoke run shows that it works; its figures mean nothing and do not go into the repository. */
export function calibrationFiles(checkout: string, state: string, size: SizeName): CalibrationFiles {
  const folder = size === 'smoke' ? join(state, 'calibration') : join(checkout, 'docs');
  return {
    journal: join(folder, 'calibration', 'experiments.jsonl'),
    page: join(folder, 'calibration.md'),
    spread: size === 'smoke' ? null : calibratedFile,
  };
}

/** Writes the page, and the spread where enough starts were measured. */
export function publish(
  { page, spread }: CalibrationFiles,
  machine: MachineKind,
  records: readonly JournalRecord[],
): void {
  const calibrated = spread === null ? null : calibratedFrom(records, machine);
  if (spread !== null && calibrated !== null) keepSpread(spread, calibrated);
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, renderCalibrationPage({ machine, records, calibrated }));
}
