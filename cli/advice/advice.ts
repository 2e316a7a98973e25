import { failedShareMax } from '../k6/pass-timings.ts';
import type { CandidateResult, CompareResult, ComparisonResult } from '../report/compare-result.ts';
import { describeChange } from '../report/change-text.ts';
import { pairedEffect } from '../statistics/paired-effect.ts';
import { asGood, cheapestAsGood } from './front.ts';
import type { Priced } from './front.ts';

/** A configuration that was simulated and then run. */
export type Verified = Priced & {
  /** Its hit ratio over all reads as it was measured; null: it was not. */
  readonly measured: number | null;
  /** Why it is not to be recommended, whatever it hits; null: nothing stands against it. */
  readonly trouble: string | null;
};

/** What was simulated, of which part of a recording. */
export type Simulation = {
  readonly front: readonly Priced[];
  readonly simulated: number;
  readonly strategy: string;
  /** The recording is of another system: what was run are pages of photos in place of its objects. */
  readonly isForeign: boolean;
  /** Whether the recording ends with the part. */
  readonly isWhole: boolean;
  /** How much of it that is, as it was recorded. */
  readonly recordedSeconds: number;
};

/** How many points of hit ratio one configuration answers less than another: over so many rounds, with its 95 % interval. */
export type PointsLess = {
  readonly rounds: number;
  readonly points: number;
  readonly interval95: readonly [number, number] | null;
};

/** What is advised, and what it rests on. */
export type Advice = Simulation & {
  /** Null: nothing can be advised, for this reason. */
  readonly recommended: Verified | null;
  readonly withheldReason: string | null;
  readonly verified: readonly Verified[];
  /** The one that hit most, where that is another one than the recommended. */
  readonly best: Verified | null;
  readonly lessThanBest: PointsLess | null;
  /** The most by which simulated and measured hit ratios differ, points; null: they cannot be compared. */
  readonly pointsOffMax: number | null;
};

/** A share of all reads below which no cache is worth its memory. */
const worthMin = asGood;

/** Whether even the best configuration of a simulation would answer next to nothing. */
export const isHopeless = ({ front }: Pick<Simulation, 'front'>): boolean =>
  (front.at(-1)?.hitRatio ?? 0) < worthMin;

const nothingRun = { verified: [], best: null, lessThanBest: null, pointsOffMax: null } as const;

/** The advice where a simulation says that there is nothing to gain: nothing was run. */
export function adviseNone(simulation: Simulation): Advice {
  const best = 100 * (simulation.front.at(-1)?.hitRatio ?? 0);
  const withheldReason = `no cache would be worth its memory: even the best configuration would answer ${best.toFixed(1)} % of the reads, since hardly anything is asked for again while it lives`;
  return { ...simulation, ...nothingRun, recommended: null, withheldReason };
}

/** Holds what was measured against what was simulated. */
export function adviseFrom(result: CompareResult, run: readonly Priced[], simulation: Simulation): Advice {
  const verified = run.map((one): Verified => {
    const found = result.candidates.find(({ name }) => name === one.label);
    return { ...one, measured: found?.hitRatio.all ?? null, trouble: troubleOf(result, found) };
  });
  const withheld = reasonAgainstAll(result, verified);
  const worthOf = ({ measured, hitRatio }: Verified): number | null =>
    // What was run in place of others' objects says nothing of what they would hit.
    measured === null || !simulation.isForeign ? measured : hitRatio;
  const recommended = withheld === null ? cheapestAsGood(verified, worthOf) : null;
  const best = verified.toSorted((a, b) => (worthOf(b) ?? 0) - (worthOf(a) ?? 0))[0] ?? null;
  const isBest = recommended === null || best === null || best.label === recommended.label;
  const isCompared = !simulation.isForeign && !isBest;
  return {
    ...simulation,
    recommended,
    withheldReason: withheld ?? (recommended === null ? reasonAgainstEach(verified) : null),
    verified,
    best: isBest ? null : best,
    lessThanBest: isCompared ? pointsLess(result, recommended.label, best.label) : null,
    pointsOffMax: simulation.isForeign ? null : mostOff(verified),
  };
}

/** Why nothing may be concluded from a replay, by how it ended; null: it ended well. */
function reasonAgainstAll(
  { status, withheldReason }: CompareResult,
  verified: readonly Verified[],
): string | null {
  if (status === 'interrupted') return 'the replay was interrupted';
  if (verified.every(({ measured }) => measured === null))
    return `no hit ratio was measured${withheldReason === null ? '' : `, since ${withheldReason}`}`;
  return status === 'service-failed' ? (withheldReason ?? 'the service failed') : null;
}

function reasonAgainstEach(verified: readonly Verified[]): string {
  const reasons = verified.map(({ label, trouble }) => `${label}: ${trouble ?? 'it was not measured'}`);
  return `none of those that were run can be recommended (${reasons.join('; ')})`;
}

/** The comparison of a configuration with the baseline that the verdict rests on. */
export function primaryOf({ comparisons, manifest }: CompareResult, label: string): ComparisonResult | null {
  const isPrimary = ({ candidate, baseline, role }: ComparisonResult): boolean =>
    candidate === label && baseline === manifest.baseline && role === 'primary';
  return comparisons.find(isPrimary) ?? null;
}

const losses = ['worse', 'slightly worse'];

function troubleOf(result: CompareResult, found: CandidateResult | undefined): string | null {
  if (found === undefined) return 'it was not run';
  const { name, requests, errors } = found;
  if (errors > failedShareMax * requests) return `${errors} of its ${requests} requests failed`;
  const primary = primaryOf(result, name);
  // A failure of its own is told by its name.
  if (primary?.withheldReason?.startsWith(`${name} `) === true) return primary.withheldReason;
  return losses.includes(primary?.verdict ?? '') && primary !== null ? describeChange(primary) : null;
}

function mostOff(verified: readonly Verified[]): number | null {
  const offs = verified.flatMap(({ measured, hitRatio }) =>
    measured === null ? [] : 100 * Math.abs(measured - hitRatio),
  );
  return offs.length === 0 ? null : Math.max(...offs);
}

/** Processes differ in how fast they are, and not in what they hit. */
const counted = { sd: 0, df: Infinity, parts: 1 } as const;

/**
 * By how many points the configuration `label` hits less than `than`, over the rounds that count for both.
 * The hit ratios over all rounds contain the other rounds, too.
 */
function pointsLess({ blocks }: CompareResult, label: string, than: string): PointsLess | null {
  const ratiosOf = (name: string): ReadonlyMap<number, number> =>
    new Map(
      blocks.flatMap(({ candidate, status, round, figures }) => {
        const ratio = figures['hitRatio'];
        return candidate === name && status !== 'invalid' && typeof ratio === 'number'
          ? [[round, 100 * ratio] as const]
          : [];
      }),
    );
  const [own, other] = [ratiosOf(label), ratiosOf(than)];
  const differences = [...own].flatMap(([round, ratio]) => {
    const beside = other.get(round);
    return beside === undefined ? [] : [beside - ratio];
  });
  if (differences.length === 0) return null;
  const { rounds, mean, interval95 } = pairedEffect(differences, counted);
  return { rounds, points: mean, interval95 };
}
