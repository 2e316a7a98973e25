import type { BlockRecord } from '../experiment/records.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { exitCodes } from '../errors.ts';
import type { CompareResult } from './compare-result.ts';
import type { Withheld } from './withheld.ts';

/** How an experiment ended, and what may be concluded from it. */
export type Ending = {
  readonly status: CompareResult['status'];
  readonly exitCode: number;
  /** Why there is no verdict on response times at all; null where there may be some. */
  readonly reason: string | null;
  readonly withheld: Withheld;
};

export type EndingInput = {
  readonly experiment: Experiment;
  /** Whether there were rounds together, and none of them counts. */
  readonly areAllSpoiled: boolean;
  /** A store died: the experiment ended with what it had. */
  readonly failure: string | null;
  readonly baseline: string;
  readonly control: string;
  readonly candidates: readonly string[];
  /** Candidates that failed, each with the reason. */
  readonly failed: ReadonlyMap<string, string>;
  /** Of the figure that verdicts rest on. */
  readonly controlPassed: boolean | null;
  /** Of response times: that of the primary figure where it is one, otherwise of the same-request change. */
  readonly timedControlPassed: boolean | null;
  /** Whether the figure that verdicts rest on is counted, and so the same on a machine that is too busy to measure time. */
  readonly isPrimaryCounted: boolean;
  /** That a candidate does not carry the rate is a result. */
  readonly isBeyondLimit: boolean;
};

const endings = {
  service: { status: 'service-failed', exitCode: exitCodes.serviceFailed },
  generator: { status: 'generator-saturated', exitCode: exitCodes.generatorSaturated },
  machine: { status: 'too-noisy', exitCode: exitCodes.tooNoisy },
  interrupted: { status: 'interrupted', exitCode: exitCodes.interrupted },
  ok: { status: 'ok', exitCode: exitCodes.ok },
} as const;

/**
 * Whose fault it is that rounds could not be finished. A machine that is busy with others makes a generator late: when both
 * spoke up, the machine is at fault.
 */
function spoiler(blocks: readonly BlockRecord[]): 'machine' | 'generator' {
  const findings = blocks.flatMap((block) => (block.round > 0 ? block.findings : []));
  const faults = new Set(findings.filter(({ kind }) => kind === 'hard').map(({ fault }) => fault));
  return faults.has('machine') ? 'machine' : 'generator';
}

const spoiledReasons = {
  generator: 'the load generator could not keep to its schedule',
  machine: 'the machine was too noisy',
} as const;

/** The reason of the failure that leaves nothing to compare: of the baseline, or of every candidate. */
function decisiveFailure(
  failed: ReadonlyMap<string, string>,
  { baseline, candidates }: EndingInput,
): string | null {
  const [first = ''] = candidates;
  const isOfAll = candidates.every((candidate) => failed.has(candidate));
  return failed.get(baseline) ?? (isOfAll ? failed.get(first) : undefined) ?? null;
}

/** The control is the baseline once more: what fails there, fails. */
function withBaselineOf({ failed, baseline, control }: EndingInput): Map<string, string> {
  const ofControl = failed.get(control);
  return new Map([...(ofControl === undefined ? [] : [[baseline, ofControl] as const]), ...failed]);
}

const differsFromItself = 'the baseline differs from itself (A/A′)';

/** What ends all of it leaves no verdict; a failing candidate or a bad moment for measuring time leaves the others. */
export function endingOf(input: EndingInput): Ending {
  const { experiment, failure, controlPassed, timedControlPassed, isPrimaryCounted, isBeyondLimit } = input;
  const own = withBaselineOf(input);
  const none = { all: null, timed: { latency: null, cpuPerRequest: null }, own };
  const withoutAny = (name: keyof typeof endings, reason: string): Ending => ({
    ...endings[name],
    reason,
    withheld: { ...none, all: reason },
  });
  const withoutTimed = (name: keyof typeof endings, reason: string): Ending => ({
    ...endings[name],
    reason,
    withheld: { ...none, timed: { latency: reason, cpuPerRequest: reason } },
  });
  const decisive = decisiveFailure(own, input);
  if (failure !== null) return withoutAny('service', failure);
  if (experiment.ended === 'interrupted') return withoutAny('interrupted', 'the run was interrupted');
  if (experiment.ended === 'gave-up') return withoutAny('service', decisive ?? 'the service failed');
  if (experiment.ended === 'noisy' || input.areAllSpoiled) {
    const fault = spoiler(experiment.blocks);
    return withoutAny(fault, spoiledReasons[fault]);
  }
  // Two worlds that cannot carry the rate fail in different ways: they say nothing of noise.
  if (isBeyondLimit && own.size > 0) return { ...endings.ok, reason: null, withheld: none };
  if (decisive !== null) return { ...endings.service, reason: decisive, withheld: none };
  if (experiment.ended === 'generator') return withoutTimed('generator', spoiledReasons.generator);
  if (controlPassed === false)
    return (isPrimaryCounted ? withoutAny : withoutTimed)('machine', differsFromItself);
  const latency = timedControlPassed === false ? differsFromItself : null;
  // Where the primary figure is of CPU, its own control has just passed.
  const timed = { latency, cpuPerRequest: isPrimaryCounted ? latency : null };
  return { ...endings.ok, reason: null, withheld: { ...none, timed } };
}
