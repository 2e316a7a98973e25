import { profiles } from '../experiment/profiles.ts';
import type { ProfileName } from '../experiment/profiles.ts';
import type { SimulatedMachine } from './simulated-rounds.ts';

/** What the statistics are told of the spread of processes: an estimate, or the truth times something. */
export type AssumedSpread = 'estimated' | number;

export type SimulationSetting = {
  readonly name: string;
  readonly machine: SimulatedMachine;
  /** Compared with the baseline. */
  readonly candidates: number;
  /** Whose starts, precision and limits it has. */
  readonly profile: ProfileName;
  readonly assumed: AssumedSpread;
  /** Whether what the statistics take for granted is true, so that they must keep what they promise. */
  readonly isAsAssumed: boolean;
};

/** True effects of the candidates, percent. */
export const simulatedEffectsPct = [0, 5, 10, 20, 50] as const;

const pct = (value: number): number => value / 100;
const usualDrift = 0.02;

type Given = {
  readonly s: number;
  readonly sigma: number;
  readonly candidates?: number;
  readonly profile?: ProfileName;
  readonly bursts?: boolean;
  readonly drift?: number;
  readonly assumed?: AssumedSpread;
};

function describe(given: Given): SimulationSetting {
  const { s, sigma, candidates = 3, profile = 'demo', bursts = false, drift, assumed = 'estimated' } = given;
  const told = assumed === 'estimated' ? '' : `, told ${(sigma * assumed).toFixed(1)} %`;
  const name = [
    `rounds differ by ${s} %`,
    `starts by ${sigma} %${told}`,
    ...(candidates === 3 ? [] : [`${candidates} comparison`]),
    ...(profile === 'demo' ? [] : [`${profile}: up to ${profiles[profile].parts} starts`]),
    ...(bursts ? ['bursts'] : []),
    ...(drift === undefined ? [] : ['drift that worlds feel unequally']),
  ].join(', ');
  const machine = {
    roundSd: pct(s),
    processSd: pct(sigma),
    hasBursts: bursts,
    driftShare: drift ?? usualDrift,
  };
  return {
    name,
    machine,
    candidates,
    profile,
    assumed,
    isAsAssumed: assumed === 'estimated' && drift === undefined,
  };
}

const given: readonly Given[] = [
  { s: 2, sigma: 1.2 },
  { s: 5, sigma: 1.2 },
  { s: 3, sigma: 0.5, bursts: true },
  { s: 5, sigma: 1.2, bursts: true },
  { s: 10, sigma: 1.2, bursts: true },
  { s: 6, sigma: 1.2, candidates: 1 },
  { s: 7, sigma: 0.5, candidates: 1, bursts: true },
  { s: 4, sigma: 1.2, profile: 'standard' },
  { s: 4, sigma: 2, profile: 'thorough', bursts: true },
  { s: 1, sigma: 0 },
  { s: 3, sigma: 1.8, assumed: 1 / 1.5 },
  { s: 3, sigma: 0.6, assumed: 1 / 0.5 },
  { s: 4, sigma: 1.8, profile: 'standard', assumed: 1 / 1.5 },
  { s: 5, sigma: 1.2, drift: 0.1 },
];

/**
 * First quiet and noisy machines for which all that the statistics assume is true; then machines for which
 * one assumption is false.
 */
export const simulationSettings: readonly SimulationSetting[] = given.map(describe);
