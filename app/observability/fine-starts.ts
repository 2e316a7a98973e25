import { millisToHrTime } from '@opentelemetry/core';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

const nanosPerMs = 1e6;

/**
 * Begins spans at fractions of a millisecond. OpenTelemetry rounds their start down to a whole one, and counts their end from
 * there: a read from memory is over sooner than that, and what was done for it would begin after its end. `now`: milliseconds
 * since 1970. A start that was given is left as it is; it has fractions.
 */
export function createFineStarts(now: () => number): SpanProcessor {
  return {
    onStart(span) {
      const [, nanos] = span.startTime;
      if (nanos % nanosPerMs === 0) Object.assign(span, { startTime: millisToHrTime(now()) });
    },
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}
