import { setTimeout as wait } from 'node:timers/promises';
import { createWallClock } from '../../app/clock.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { requestCount, singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { LoadTargets, RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { RequestPlan } from '../k6/request-plans.ts';
import { driveK6 } from '../k6/run-k6.ts';
import type { SampleRow } from '../k6/sample-rows.ts';
import { readScenario } from '../k6/scenario-script.ts';
import type { ScenarioScript } from '../k6/scenario-script.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import type { Stack } from '../worlds/world.ts';

export type EndlessLoad = {
  readonly scenario: ScenarioName;
  readonly rate: number;
  readonly population: PopulationSize;
  readonly targets: LoadTargets;
  /** The requests of a pass; the same for all worlds. */
  readonly planned: (settings: RunSettings) => RequestPlan;
  readonly lengths?: PassLengths;
};

/** How long passes last. `leadSeconds`: so long at least before a pass ends, the k6 of the next one is started, and waits until it is due. */
export type PassLengths = {
  readonly firstSeconds: number;
  readonly laterSeconds: number;
  readonly leadSeconds: number;
};

/** The first is short, so that the load begins soon. */
const usualLengths: PassLengths = { firstSeconds: 60, laterSeconds: 600, leadSeconds: 8 };
/** k6 waits for the pass's begin in its `setup`, which it allows a minute. */
const leadMaxMs = 40_000;
/** A pass that begins this late was not ready when it was due. */
const lateMs = 500;
/**
 * Requests of a pass at most. All of them are planned in one go before the pass begins: for some 300 ms this process does
 * nothing else.
 */
const requestsMax = 60_000;
const pauseAfterFailureMs = 3_000;

export function passLengthSeconds(
  pass: number,
  ratePerSecond: number,
  { firstSeconds, laterSeconds }: PassLengths = usualLengths,
): number {
  return Math.min(pass === 0 ? firstSeconds : laterSeconds, requestsMax / ratePerSecond);
}

/** When a pass was started, was due and has begun, and the lead that it had; null: it was due as soon as it was ready, as the first one. */
type PassStart = {
  readonly startedAtMs: number;
  readonly dueAtMs: number | null;
  readonly beganAtMs: number;
  readonly leadMs: number;
};

/**
 * How long before the end of this pass the next one is to be started: the same again, where it was ready when it was due; else twice what
 * it has taken, since on a busy machine it takes longer still. Half of a pass at most.
 */
export function nextLeadMs(start: PassStart, lengthMs: number, leastMs: number): number {
  const { startedAtMs, dueAtMs, beganAtMs, leadMs } = start;
  const wasReady = dueAtMs !== null && beganAtMs - dueAtMs < lateMs;
  const wantedMs = wasReady ? leadMs : 2 * (beganAtMs - startedAtMs);
  return Math.max(leastMs, Math.min(wantedMs, lengthMs / 2, leadMaxMs));
}

/** What it needs of a stack. */
type LoadedStack = Pick<Stack, 'context' | 'checkout'>;

/** A pass that is to be started now: when it is due, and how long that is. */
type DuePass = { readonly dueAtMs: number; readonly leadMs: number };

/** A pass that was begun. */
type BegunPass = {
  /** Resolves when the next one is to be started; null when this one has ended before that. */
  readonly next: Promise<DuePass | null>;
  /** Why it broke off, if it did. */
  readonly ended: Promise<string | null>;
};

/**
 * Runs a scenario pass after pass, each with other requests, until the signal. They join without a gap: each is due when the last
 * place of the one before it is over. Rejects nothing: what went wrong is reported.
 */
export async function runEndlessLoad(
  stack: LoadedStack,
  k6: K6Binary,
  load: EndlessLoad,
  /** Passes take them in turn, since the last answers of a pass come when the next one has begun. */
  meters: readonly [LoadMeter, LoadMeter],
): Promise<void> {
  const { context } = stack;
  const { signal } = context;
  const tell = (failure: string | null): string | null => {
    if (failure !== null && !signal.aborted)
      context.report(`The load broke off: ${failure}. It goes on in a moment.`);
    return failure;
  };
  const script = readScenario(stack.checkout, load.scenario);
  let due: DuePass | null = null;
  let allEnded: Promise<unknown> = Promise.resolve();
  for (let pass = 0; !signal.aborted; pass += 1) {
    const begun = beginPass({ stack, k6, load, script, meter: meters[pass % 2 === 0 ? 0 : 1], pass, due });
    const ended = begun.ended.then(tell);
    allEnded = Promise.all([allEnded, ended]);
    due = await begun.next;
    const hasBrokenOff = due === null && (await ended) !== null;
    if (hasBrokenOff) await wait(pauseAfterFailureMs, undefined, { signal }).catch(() => {});
  }
  await allEnded;
}

type PassParts = {
  readonly stack: LoadedStack;
  readonly k6: K6Binary;
  readonly load: EndlessLoad;
  readonly script: ScenarioScript;
  readonly meter: LoadMeter;
  readonly pass: number;
  readonly due: DuePass | null;
};

function beginPass({ stack, k6, load, script, meter, pass, due }: PassParts): BegunPass {
  const { context } = stack;
  const { mix } = scenarios[load.scenario];
  const { lengths = usualLengths, rate } = load;
  const settings: RunSettings = {
    ...load.population,
    mix,
    ...load.targets,
    passes: singlePass(pass, rate, {
      settleSeconds: 0,
      measureSeconds: passLengthSeconds(pass, rate, lengths),
    }),
    ratePerSecond: rate,
    arrivals: 'poisson',
    ...(due !== null && { startAtMs: due.dueAtMs }),
  };
  const startedAtMs = createWallClock().now();
  const requests = load.planned(settings);
  meter.begin(settings);
  const lengthMs = (requestCount(settings) * 1000) / rate;
  const next = announceNext(meter, lengthMs, (beganAtMs) =>
    nextLeadMs(
      { startedAtMs, dueAtMs: due?.dueAtMs ?? null, beganAtMs, leadMs: due?.leadMs ?? 0 },
      lengthMs,
      lengths.leadSeconds * 1000,
    ),
  );
  const run = { context, k6: k6.path, script, settings, requests };
  const onRow = (row: SampleRow): void => {
    meter.add(row);
    next.look();
  };
  const ended = driveK6({ ...run, onRow }).ended.then(({ failure }) => {
    next.end();
    return failure;
  });
  return { next: next.due, ended };
}

/** Says when the next pass is to be started. When a pass began is known from its first sample, and better from each of them. */
function announceNext(meter: LoadMeter, lengthMs: number, leadOf: (beganAtMs: number) => number) {
  const { promise: due, resolve } = Promise.withResolvers<DuePass | null>();
  const { now } = createWallClock();
  let timer: NodeJS.Timeout | null = null;
  return {
    due,
    look(): void {
      const beganAtMs = meter.beganAtMs();
      if (timer !== null || beganAtMs === null) return;
      const leadMs = leadOf(beganAtMs);
      const announce = () => resolve({ dueAtMs: (meter.beganAtMs() ?? beganAtMs) + lengthMs, leadMs });
      timer = setTimeout(announce, Math.max(0, beganAtMs + lengthMs - leadMs - now()));
    },
    end(): void {
      if (timer !== null) clearTimeout(timer);
      resolve(null);
    },
  };
}
