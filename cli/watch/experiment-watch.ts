import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { BlockRecord, RoundRecord } from '../experiment/records.ts';
import type { World, Stack } from '../worlds/world.ts';
import type { TraceReceiver } from './trace-receiver.ts';

/** Lets people watch an experiment while it runs. What it says of candidates does not come from here. */
export type ExperimentWatch = {
  readonly start: (stack: Stack, worlds: readonly World[], receiver: TraceReceiver | null) => Promise<void>;
  readonly onRunning: (blocks: readonly RunningBlock[]) => void;
  /** Blocks that have just ended, and all rounds so far. */
  readonly onMeasured: (blocks: readonly BlockRecord[], rounds: readonly RoundRecord[]) => void;
  /** Null where nobody watches. */
  readonly meter: () => LoadMeter | null;
  readonly stop: () => Promise<void>;
};

/**
 * What stands for a watch where nobody watches. Nothing is started: a Prometheus takes its share of the
 * machine, from all candidates alike.
 */
export const unwatched: ExperimentWatch = {
  start: async () => {},
  onRunning: () => {},
  onMeasured: () => {},
  meter: () => null,
  stop: async () => {},
};
