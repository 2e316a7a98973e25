import { writeFileSync } from 'node:fs';
import { readCalibrated } from '../statistics/process-spread.ts';
import type { CalibratedMachine, MachineKind } from '../statistics/process-spread.ts';
import { estimateSpread, worldRoundsOf } from './estimate-spread.ts';
import type { SpreadEstimate } from './estimate-spread.ts';
import { recordsOf } from './experiment-journal.ts';
import type { JournalRecord, RecordOf } from './experiment-journal.ts';
import type { RealFigure } from './real-experiment.ts';

/**
 * How many starts of four worlds the estimate needs: with fewer it is hardly better than the value that
 * stands in for it.
 */
const startsMin = 4;

/**
 * By how much worlds differ from start to start, estimated from the odd half of the starts. The even half
 * checks it.
 */
export function spreadOfOdd(records: readonly RecordOf<'b'>[], figure: RealFigure): SpreadEstimate | null {
  return estimateSpread(
    records.filter(({ half }) => half === 'odd').map(({ log }) => worldRoundsOf(log, figure)),
  );
}

/** What `compare` is to know of this kind of machine; null while too few starts were measured. */
export function calibratedFrom(
  records: readonly JournalRecord[],
  { cpu, cores }: MachineKind,
): CalibratedMachine | null {
  const identical = recordsOf(records, 'b');
  const latency = spreadOfOdd(identical, 'request');
  const cpuPerRequest = spreadOfOdd(identical, 'cpuUsPerRequest');
  if (latency === null || cpuPerRequest === null) return null;
  if (Math.min(latency.starts, cpuPerRequest.starts) < startsMin) return null;
  return { cpu, cores, latency: rounded(latency), cpuPerRequest: rounded(cpuPerRequest) };
}

function rounded({ sd, df }: SpreadEstimate): { readonly sd: number; readonly df: number } {
  return { sd: Number(sd.toPrecision(3)), df: Math.floor(df) };
}

/** Puts this kind of machine into the file that `compare` reads, beside the others. */
export function keepSpread(file: string, machine: CalibratedMachine): void {
  const others = readCalibrated(file).filter(
    ({ cpu, cores }) => cpu !== machine.cpu || cores !== machine.cores,
  );
  writeFileSync(file, `${JSON.stringify([...others, machine], null, 2)}\n`);
}
