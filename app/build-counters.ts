import { readFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { createSystemClock } from './clock.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { createNamespaces } from './counters/counter-namespaces.ts';
import type { CounterNamespaces } from './counters/counter-namespaces.ts';
import { unobserved } from './counters/counter-observer.ts';
import { openCounters } from './counters/open-counters.ts';
import type { OpenCounters } from './counters/open-counters.ts';
import { DarkroomError } from './errors.ts';
import { createCounterObserver } from './observability/counter-observers.ts';
import type { InSpan } from './counters/counter-service.ts';
import type { ProcessParts } from './process/process-parts.ts';
import type { Storage } from './storage/postgres.ts';

/** The namespaces of a process: the service's own, and those of the file that a setting names. */
export async function readNamespaces(config: Config): Promise<CounterNamespaces> {
  return createNamespaces({
    settings: config.candidate.counters,
    hasRedis: config.redisUrl !== '',
    isLab: config.isLab,
    text: config.counterNamespaces === '' ? null : await readText(config.counterNamespaces),
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_COUNTER_NAMESPACES: the file cannot be read.', {
      cause: error,
    });
  }
}

/** Where the Redis of the world is; null: it has none. */
export const redisPlaceOf = ({ redisUrl, redisPrefix }: Config) =>
  redisUrl === '' ? null : { url: redisUrl, keyPrefix: redisPrefix };

/** What counts for the service, and for whoever asks it to. */
export async function buildCounters(
  { config, clock, logger, registry, random, uniqueId }: ProcessParts,
  storage: Storage,
  inSpan: InSpan,
  runInBackground: (name: string, task: Promise<unknown>) => void,
): Promise<OpenCounters> {
  const namespaces = await readNamespaces(config);
  const isCounted = telemetryModes[config.telemetry].metrics;
  const modes = [...new Set([...namespaces.values()].map(({ mode }) => mode))];
  return openCounters({
    settings: config.candidate.counters,
    namespaces,
    storage,
    inSpan,
    runInBackground,
    redis: redisPlaceOf(config),
    clock,
    realClock: createSystemClock(),
    random,
    uniqueId,
    observe: isCounted ? createCounterObserver(registry, modes) : unobserved,
    onTrouble: (what, reason) => logger.warn({ err: reason, what }, 'counting is in trouble'),
  });
}
