import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../app/clock.ts';
import { CommandError } from '../errors.ts';
import type { MachineKind } from '../statistics/process-spread.ts';
import { calibrationParts } from './calibration-sizes.ts';
import type { PlannedExperiment } from './calibration-sizes.ts';
import { methodVersions } from './experiment-journal.ts';
import type { ExperimentJournal, PartOutcome } from './experiment-journal.ts';

/** So many experiments may fail before something must be wrong with the machine or the code. */
const failuresMax = 3;

export type CalibrationRun = {
  readonly planned: readonly PlannedExperiment[];
  readonly journal: ExperimentJournal;
  readonly machine: MachineKind;
  readonly run: (planned: PlannedExperiment) => Promise<PartOutcome>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
};

/** The planned experiments that the journal lacks. */
export function missingOf({
  planned,
  journal,
}: Pick<CalibrationRun, 'planned' | 'journal'>): PlannedExperiment[] {
  const finished = new Set(journal.records().map(({ key }) => key));
  return planned.filter(({ key }) => !finished.has(key));
}

/** Runs what is missing and keeps each experiment as it ends. Ends early when aborted; what failed is left for the next time. */
export async function calibrate(given: CalibrationRun): Promise<void> {
  const { planned, journal, machine, clock, signal, report } = given;
  const missing = missingOf(given);
  const kept = planned.length - missing.length;
  if (kept > 0) report(`${kept} of ${planned.length} experiments were finished before.`);
  let failures = 0;
  for (const [index, next] of missing.entries()) {
    // Simulations never wait for anything: without this, Ctrl-C would not be heard.
    await setImmediate();
    if (signal.aborted) return;
    report(`${kept + index + 1} of ${planned.length}, ${calibrationParts[next.part]}: ${next.key}`);
    const startMs = clock.now();
    const startedAt = new Date(startMs).toISOString();
    try {
      const outcome = await given.run(next);
      // An experiment that was cut short says what it had until then: that is not what was planned.
      if (signal.aborted) return;
      const seconds = Math.round((clock.now() - startMs) / 100) / 10;
      journal.append({
        method: methodVersions[next.part],
        machine,
        key: next.key,
        startedAt,
        seconds,
        ...outcome,
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!(error instanceof CommandError) || failures >= failuresMax) throw error;
      report(`It failed and is left for the next time: ${error.message}`);
    }
  }
}
