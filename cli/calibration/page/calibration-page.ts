import { calibrationParts } from '../calibration-sizes.ts';
import { recordsOf } from '../experiment-journal.ts';
import type { JournalRecord } from '../experiment-journal.ts';
import type { CalibratedMachine, MachineKind } from '../../statistics/process-spread.ts';
import { markdownTable, percent } from './part-report.ts';
import type { PartReport } from './part-report.ts';
import { reportCommands } from './report-commands.ts';
import { reportIdentical } from './report-identical.ts';
import { reportPacings } from './report-pacings.ts';
import { reportSimulated } from './report-simulated.ts';
import { reportSlowdowns } from './report-slowdowns.ts';

export type CalibrationFindings = {
  readonly machine: MachineKind;
  readonly records: readonly JournalRecord[];
  /** What `compare` reads of this kind of machine from now on; null: too few starts were measured. */
  readonly calibrated: CalibratedMachine | null;
};

function section({ part, asked, found, state, blocks }: PartReport): string {
  const heading = `## (${part}) ${calibrationParts[part]}`;
  const judgement = state === 'not run' ? [] : [`**${state}**: ${found}.`];
  return [heading, `Asked: ${asked}.`, ...judgement, ...blocks].join('\n\n');
}

function describeMeasured(records: readonly JournalRecord[]): string {
  if (records.length === 0) return 'Nothing was measured yet.';
  const days = records.map(({ startedAt }) => startedAt.slice(0, 10)).toSorted();
  const hours = records.reduce((sum, { seconds }) => sum + seconds, 0) / 3_600;
  return `${records.length} experiments from ${days[0]} to ${days.at(-1)}, ${hours.toFixed(1)} hours in all.`;
}

function describeSpread(calibrated: CalibratedMachine | null): string {
  if (calibrated === null)
    return 'Too few starts were measured for a σ of this kind of machine: `compare` uses the one that stands in.';
  const { latency, cpuPerRequest } = calibrated;
  return (
    `\`compare\` takes σ = ${percent(latency.sd, 2)} (${latency.df} degrees of freedom) for times and ` +
    `${percent(cpuPerRequest.sd, 2)} (${cpuPerRequest.df}) for CPU per request on this kind of machine.`
  );
}

/** The page, from the journal alone. */
export function renderCalibrationPage({ machine, records, calibrated }: CalibrationFindings): string {
  const parts = [
    reportSimulated(recordsOf(records, 'a')),
    reportIdentical(recordsOf(records, 'b')),
    reportSlowdowns(recordsOf(records, 'c')),
    reportCommands(recordsOf(records, 'd')),
    reportPacings(recordsOf(records, 'e')),
  ];
  const overview = markdownTable(
    ['part', 'state', 'found'],
    parts.map(({ part, state, found }) => [`(${part}) ${calibrationParts[part]}`, state, found]),
  );
  return `${[
    '# Calibration',
    'How far the verdicts of `darkroom compare` can be trusted, measured. `npm run calibrate` wrote this page from ' +
      '[the experiments](calibration/experiments.jsonl), a line each; do not edit it. What it has not run, it says.',
    `Machine: ${machine.cpu}, ${machine.cores} cores. ${describeMeasured(records)}`,
    describeSpread(calibrated),
    overview,
    ...parts.map(section),
  ].join('\n\n')}\n`;
}
