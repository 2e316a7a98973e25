import { accessCases } from './access-cases.ts';
import { createCaseSetting, toCases } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';
import { burnCases, burnShapeCases } from './burn-cases.ts';
import { cacheCases } from './cache-cases.ts';
import { counterCases } from './counter-cases.ts';
import { edgeCases } from './edge-cases.ts';
import { gatewayCases } from './gateway-cases.ts';
import { outboxCases } from './outbox-cases.ts';
import { clampedCases, serviceCases } from './service-cases.ts';
import { secondsOf } from '../../../dashboards/rules/timing.ts';
import type { Timing } from '../../../dashboards/rules/timing.ts';
import { writeCases } from './write-cases.ts';

/** A window of rates is fifteen steps in both timings. */
const causeStepSeconds = { compressed: 1, production: 20 } as const;
/** Objectives are watched for days, which are neither written nor looked at minute by minute. */
const burnSteps = {
  compressed: { seconds: 1, perEvaluation: 5 },
  production: { seconds: 150, perEvaluation: 24 },
} as const;

/** The cases of every alert, in the lengths of a timing. */
export function alertCases(timing: Timing): AlertCase[] {
  const { seconds, perEvaluation } = burnSteps[timing.name];
  const burn = createCaseSetting(timing, seconds, perEvaluation);
  const cause = createCaseSetting(timing, causeStepSeconds[timing.name], 5);
  // Rules of as many parts as there are histograms are looked at no more often than it takes to see that they last.
  const rare = { ...cause, evaluationSteps: 12 };
  // What happens once must last for nearly as long as it is seen: that is looked at step by step.
  const event = { ...cause, evaluationSteps: 1 };
  return [
    ...toCases(burnCases(burn), burn),
    ...timing.burnWindows.flatMap((window) => {
      const pace = createCaseSetting(timing, secondsOf(window.short) / 5, 2);
      return toCases(burnShapeCases(pace, window), pace);
    }),
    ...toCases(
      {
        ...cacheCases(cause),
        ...serviceCases(cause),
        ...outboxCases(cause),
        ...accessCases(cause),
        ...gatewayCases(cause),
        ...edgeCases(cause),
        ...counterCases(cause),
      },
      cause,
    ),
    ...toCases(clampedCases(rare), rare),
    ...toCases(writeCases(event), event),
  ];
}
