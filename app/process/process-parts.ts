import { pino } from 'pino';
import type { Logger } from 'pino';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { createStoppableClock, createSystemClock } from '../clock.ts';
import type { StoppableClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { telemetryModes } from '../contract/telemetry-modes.ts';
import type { MetricsRegistry } from '../observability/metrics-registry.ts';
import { createProcessRegistry } from '../observability/process-registry.ts';
import type { Tracing } from '../observability/tracing.ts';

/** What a process of any kind is made with. */
export type ProcessParts = {
  readonly config: Config;
  readonly logger: Logger;
  /** The clock of its world: it stands still while the world waits for its turn in an experiment. */
  readonly clock: StoppableClock;
  /** What its `/metrics` tells. */
  readonly registry: MetricsRegistry;
  /** Null in the modes without spans. */
  readonly tracing: Tracing | null;
  readonly random: () => number;
  readonly uniqueId: () => string;
};

/** Starts tracing first: what is traced inside libraries must be patched before a kind of process imports them. */
export async function createProcessParts(config: Config): Promise<ProcessParts> {
  const tracing = await traceFor(config);
  const { candidate, replica, telemetry: mode } = config;
  const identity = {
    strategy: candidate.cache.strategy,
    candidate: formatCandidate(candidate),
    replica,
    mode,
  };
  return {
    config,
    logger: createLogger(config, tracing),
    clock: createStoppableClock(createSystemClock()),
    registry: createProcessRegistry(identity),
    tracing,
    random: Math.random,
    uniqueId: () => crypto.randomUUID(),
  };
}

/** Null in the modes without spans; these do not even load what makes them. */
async function traceFor(config: Config): Promise<Tracing | null> {
  if (telemetryModes[config.telemetry].traces === 'none') return null;
  const { startTracing } = await import('../observability/start-tracing.ts');
  return startTracing({
    mode: config.telemetry,
    otlpEndpoint: config.otlpEndpoint,
    replica: config.replica,
    candidate: formatCandidate(config.candidate),
    strategy: config.candidate.cache.strategy,
    isCallerBelieved: config.isLab,
    random: Math.random,
  });
}

/** To stderr; a line says of which trace it is, where that is recorded. */
function createLogger(config: Config, tracing: Tracing | null): Logger {
  const options = { level: config.logLevel, base: { replica: config.replica } };
  if (tracing === null) return pino(options, pino.destination(2));
  const mixin = () => {
    const traceId = tracing.currentTraceId();
    return traceId === undefined ? {} : { trace_id: traceId };
  };
  return pino({ ...options, mixin }, pino.destination(2));
}
