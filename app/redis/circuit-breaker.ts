import type { Clock } from '../clock.ts';

/** After this many failures in a row a dependency is left alone. */
const failuresToOpen = 5;
/** For so long; then one call at a time may try again. */
const openMs = 1_000;

/**
 * Leaves a failing dependency alone, so that it costs one time-out now and then instead of one per request
 * (https://martinfowler.com/bliki/CircuitBreaker.html).
 */
export type CircuitBreaker = {
  /** Whether a call may be made now. True means that its outcome must be reported. */
  allows(): boolean;
  /** Whether the dependency is left alone, but for a call now and then. */
  isOpen(): boolean;
  succeeded(): void;
  failed(): void;
};

export function createCircuitBreaker(clock: Clock): CircuitBreaker {
  let failures = 0;
  let retryAtMs = 0;
  return {
    isOpen: () => failures >= failuresToOpen,
    allows() {
      if (failures < failuresToOpen) return true;
      if (clock.now() < retryAtMs) return false;
      retryAtMs = clock.now() + openMs;
      return true;
    },
    succeeded() {
      failures = 0;
    },
    failed() {
      failures += 1;
      if (failures >= failuresToOpen) retryAtMs = clock.now() + openMs;
    },
  };
}
