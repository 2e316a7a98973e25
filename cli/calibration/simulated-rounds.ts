import { randomAt } from '../../loadtests/workloads/counter-random.ts';

/**
 * What the simulated worlds and their machine are like. Everything is on the scale of natural logarithms of times: 0.05 is
 * about 5 %.
 */
export type SimulatedMachine = {
  /** Standard deviation of a round's difference of two worlds on a quiet machine. */
  readonly roundSd: number;
  /** Standard deviation by which a world differs from start to start. */
  readonly processSd: number;
  readonly hasBursts: boolean;
  /** Standard deviation of how strongly one world feels the drift of the machine, around 1. */
  readonly driftShare: number;
};

/** Rounds belong to bursts in runs: one begins with the first chance, and goes on with the second. */
const burstBegins = 0.15;
const burstGoesOn = 0.5;
/** A burst slows all worlds down alike, and each by something of its own, in multiples of `roundSd`; noise is doubled. */
const burstShift = 0.3;
const burstOwnSd = Math.SQRT1_2;
const burstNoise = 2;
/** The drift is a random walk with steps as large as the noise of a round. */
const driftStep = 1;
/** Noise has the tails of Student's t with so many degrees of freedom. */
const noiseDf = 5;

/** What a number is drawn for. */
const draws = { process: 1, drift: 2, burst: 3, noise: 4, burstOwn: 5, driftShare: 6 } as const;

export type Draw = (what: number, index: number, world: number) => number;

/** Normal and uniform numbers of one experiment, each decided by what it is for. */
export function createDraws(seed: number, experiment: number): { normal: Draw; uniform: Draw } {
  const uniform = (what: number, index: number, world: number, half = 0) =>
    randomAt(seed, experiment, what, index, world * 32 + half);
  const normalAt = (what: number, index: number, world: number, pair: number) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(what, index, world, 2 * pair)));
    return radius * Math.cos(2 * Math.PI * uniform(what, index, world, 2 * pair + 1));
  };
  return { normal: (what, index, world) => normalAt(what, index, world, 0), uniform };
}

/** A number of Student's t with few degrees of freedom, scaled to a standard deviation of 1. */
function heavyNoise(normal: Draw, round: number, world: number): number {
  let squares = 0;
  for (let index = 1; index <= noiseDf; index += 1)
    squares += normal(draws.noise + 10 * index, round, world) ** 2;
  const t = normal(draws.noise, round, world) / Math.sqrt(squares / noiseDf);
  return t * Math.sqrt((noiseDf - 2) / noiseDf);
}

/** Per round, the logarithm of the time that each world takes, without any effect of its candidate. */
export type SimulatedRounds = (round: number, part: number) => readonly number[];

/** Simulates one experiment of so many worlds. Rounds are asked for one after another, from 0. */
export function simulateRounds(
  machine: SimulatedMachine,
  worlds: number,
  { normal, uniform }: { normal: Draw; uniform: Draw },
): SimulatedRounds {
  const { roundSd, processSd, driftShare } = machine;
  let drift = 0;
  let isBurst = false;
  return (round, part) => {
    drift += driftStep * roundSd * normal(draws.drift, round, 0);
    isBurst = machine.hasBursts && uniform(draws.burst, round, 0) < (isBurst ? burstGoesOn : burstBegins);
    return Array.from({ length: worlds }, (_, world) => {
      const felt = drift * (1 + driftShare * normal(draws.driftShare, 0, world));
      const noise = roundSd * Math.SQRT1_2 * heavyNoise(normal, round, world);
      const own = isBurst ? burstOwnSd * roundSd * normal(draws.burstOwn, round, world) : 0;
      const burst = isBurst ? burstShift + own + (burstNoise - 1) * noise : 0;
      return felt + noise + burst + processSd * normal(draws.process, part, world);
    });
  };
}

/**
 * The true standard error of the mean of the rounds' differences of two worlds, from the machine's own
 * parameters; `parts` are the numbers of rounds of each start.
 */
export function oracleError(machine: SimulatedMachine, parts: readonly number[]): number {
  const { roundSd, processSd, hasBursts, driftShare } = machine;
  const n = parts.reduce((sum, rounds) => sum + rounds, 0);
  const inBursts = hasBursts ? burstBegins / (burstBegins + 1 - burstGoesOn) : 0;
  const ofRound = roundSd ** 2 * (1 - inBursts + inBursts * (burstNoise ** 2 + 2 * burstOwnSd ** 2));
  // Variance of the mean of a random walk over n steps.
  const ofDrift = 2 * (driftShare * driftStep * roundSd) ** 2 * (((n + 1) * (2 * n + 1)) / (6 * n));
  const ofStarts = 2 * processSd ** 2 * parts.reduce((sum, rounds) => sum + (rounds / n) ** 2, 0);
  return Math.sqrt(ofRound / n + ofDrift + ofStarts);
}
