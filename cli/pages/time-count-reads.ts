import type { Candidate } from '../../app/candidates/candidate.ts';
import { headers } from '../../app/contract/headers.ts';
import { counterOperations, pathOf } from '../../app/contract/operations.ts';
import { countedNamespace } from '../../loadtests/workloads/request-path.ts';
import { withWorlds } from '../commands/with-worlds.ts';
import { CommandError } from '../errors.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import { createHistogram, quantileMs, recordUs } from '../statistics/histograms.ts';
import type { Stack, World } from '../worlds/world.ts';

/** How long reads of one counter take when so many events have been written to it. */
export type TimedReads = {
  readonly candidate: string;
  /** How its counters count. */
  readonly mode: Candidate['counters']['counter'];
  readonly events: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
};

/** Ten times as many at each step. */
const steps = [500, 5_000] as const;
const readsPerStep = 2_000;
const addsAtOnce = 8;
/** Until everything is rolled up: window, gathering, one batch, and some reserve. */
const settleMs = 5_000;

/** Times the reads of a counter that grows, one after the other on a machine that does nothing else, for one candidate at a time. */
export async function timeCountReads(
  stack: Stack,
  mediaFolder: string,
  candidates: readonly string[],
): Promise<readonly TimedReads[]> {
  const timed: TimedReads[] = [];
  for (const text of candidates) {
    const options = { people: 20, photos: 20, replicas: 1, seed: 1, telemetry: 'metrics' } as const;
    const named = readNamed(text, options.replicas);
    const telemetry = { mode: options.telemetry, otlpEndpoint: null };
    stack.context.report(`Timing reads of a counter with ${named.label}`);
    const own = await withWorlds(
      { stack, mediaFolder },
      { candidates: [named], options, port: 0, telemetry },
      async ([world]) => (world === undefined ? [] : await timeSteps(world, named, stack)),
    );
    timed.push(...own);
  }
  return timed;
}

async function timeSteps(
  world: World,
  { label, candidate }: NamedCandidate,
  { clock }: Stack,
): Promise<TimedReads[]> {
  const { counter: mode } = candidate.counters;
  const [service = ''] = world.addresses();
  const timed: TimedReads[] = [];
  let written = 0;
  for (const events of steps) {
    await addMany(service, events - written);
    written = events;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const times = createHistogram();
    // The first half warms up.
    for (let read = 0; read < 2 * readsPerStep; read += 1) {
      const beganMs = clock.now();
      await ask(service, 'getCount');
      if (read >= readsPerStep) recordUs(times, (clock.now() - beganMs) * 1_000);
    }
    const [p50Ms, p99Ms] = [quantileMs(times, 0.5), quantileMs(times, 0.99)];
    timed.push({ candidate: label, mode, events, p50Ms, p99Ms });
  }
  return timed;
}

async function addMany(service: string, count: number): Promise<void> {
  let left = count;
  const add = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await ask(service, 'addCount', { delta: 1 });
    }
  };
  await Promise.all(Array.from({ length: addsAtOnce }, add));
}

async function ask(service: string, operation: 'addCount' | 'getCount', body?: object): Promise<void> {
  const { method, route } = counterOperations[operation];
  const url = service + pathOf(route, { namespace: countedNamespace, counter: 'read-again' });
  const response = await fetch(url, {
    method,
    headers: { [headers.viewer]: '1', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  if (!response.ok)
    throw new CommandError('serviceFailed', `${method} ${url} was answered with ${response.status}.`);
}
