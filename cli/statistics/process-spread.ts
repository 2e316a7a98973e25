import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOfForm } from '../../app/contract/json-form.ts';
import type { XStatic } from 'typebox/schema';
import { CommandError } from '../errors.ts';

/** How much a figure of a world differs by from start to start of its processes, and how well that is known. */
export type ProcessSpread = {
  /** Standard deviation on the scale of the effect (of logarithms, for a ratio); 0 for what is counted. */
  readonly sd: number;
  /** Degrees of freedom with which it was estimated. */
  readonly df: number;
  /** Starts that an experiment averages over. */
  readonly parts: number;
};

/** Figures that share a spread. What is counted is the same whatever the processes are like. */
export type SpreadFigure = 'latency' | 'cpuPerRequest' | 'counted';

/** The kind of machine a spread was measured on. */
export type MachineKind = { readonly cpu: string; readonly cores: number };

const Spread = {
  type: 'object',
  required: ['sd', 'df'],
  properties: { sd: { type: 'number', minimum: 0 }, df: { type: 'number', exclusiveMinimum: 0 } },
} as const;
const CalibratedMachines = {
  type: 'array',
  items: {
    type: 'object',
    required: ['cpu', 'cores', 'latency', 'cpuPerRequest'],
    properties: {
      cpu: { type: 'string' },
      cores: { type: 'integer' },
      latency: Spread,
      cpuPerRequest: Spread,
    },
  },
} as const;
export type CalibratedMachine = XStatic<typeof CalibratedMachines>[number];

/** Where the calibration keeps what it has measured. */
export const calibratedFile = join(import.meta.dirname, 'process-spread.json');

/**
 * Measured in five starts of four identical worlds; it stands in until this kind of machine is calibrated.
 */
const uncalibrated = { sd: 0.012, df: 15 } as const;
const counted = { sd: 0, df: Infinity } as const;

/** The kinds of machine that are calibrated. */
export function readCalibrated(file: string = calibratedFile): CalibratedMachine[] {
  const machines: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isOfForm(CalibratedMachines, machines))
    throw new CommandError('internal', `${file} does not hold what a calibration writes.`);
  return machines;
}

/** The spread of a figure on a kind of machine, for an experiment with that many starts. */
export function processSpreadOf(
  figure: SpreadFigure,
  machine: MachineKind,
  parts: number,
  calibrated: readonly CalibratedMachine[] = readCalibrated(),
): ProcessSpread {
  if (figure === 'counted') return { ...counted, parts };
  const own = calibrated.find(({ cpu, cores }) => cpu === machine.cpu && cores === machine.cores);
  return { ...(own?.[figure] ?? uncalibrated), parts };
}
