import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { darkroom, entrantOf, settingFor, unavailableAmong } from './contestants/entrant.ts';
import type { Entrants } from './contestants/entrant.ts';
import { openLayeredLoader } from './contestants/layered-loader.ts';
import type { Assignment, Bench, Figures, Lab, OpenedBench, Prepared } from './harness/bench.ts';
import { makePhoto } from './harness/photo-records.ts';

const deletions = 100;
/** Long enough for one deletion to be over before the next. */
const pauseMs = 15;
/** A key that is still there then was never invalidated. */
const lostAfterMs = 5_000;
const keys = { count: deletions, inMemory: 1_000 };
const tiers = 'memory+redis';
const plain = 'cache-aside:ttl=1h';
const fenced = 'versioned:ttl=1h';
const reference = `Darkroom ${plain}`;

const entrants: Entrants = {
  [reference]: darkroom(plain, true),
  [`Darkroom ${fenced}`]: darkroom(fenced, true),
  'Darkroom versioned:ttl=1h,invalidation=client-tracking': darkroom(
    `${fenced},invalidation=client-tracking`,
    true,
  ),
  'layered-loader getInMemoryOnly, pub/sub': { open: openLayeredLoader, call: 'get', tiers },
};

/** Milliseconds on the clock of the machine, which all its processes share. */
const machineMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

const ids = Array.from({ length: deletions }, (_, index) => index + 1);
const timesOf = (times: readonly number[]): Figures =>
  Object.fromEntries(times.map((time, index) => [`t${index}`, time]));

async function prepare(assignment: Assignment): Promise<Prepared> {
  const entrant = entrantOf(entrants, assignment.label);
  const cache = await entrant.open(settingFor(assignment, entrant, keys, async (id) => makePhoto(id)));
  // A fill may go to redis alone, and into memory by the next read.
  for (let pass = 0; pass < 3; pass += 1) for (const id of ids) await cache.read(id);
  const remove = async (stopped: Promise<void>): Promise<Figures> => {
    const times: number[] = [];
    for (const id of ids) {
      await wait(pauseMs);
      times.push(machineMs());
      await cache.remove?.(id);
    }
    // Its last message may still be on its way out.
    await stopped;
    return timesOf(times);
  };
  const isInMemory = (id: number): boolean => {
    const answer = cache.get?.(id);
    return answer !== undefined && answer !== null && !(answer instanceof Promise);
  };
  // All that are left at each turn: one that stays for long must not hide when the others went.
  const watch = async (): Promise<Figures> => {
    const missing = ids.filter((id) => !isInMemory(id));
    if (missing.length > 0) throw new RangeError(`${missing.length} keys were not in memory`);
    const times = ids.map(() => Number.NaN);
    const giveUpAtMs = machineMs() + deletions * pauseMs + lostAfterMs;
    let left = ids;
    while (left.length > 0 && machineMs() < giveUpAtMs) {
      await nextTurn();
      left = left.filter((id) => {
        if (isInMemory(id)) return true;
        times[id - 1] = machineMs();
        return false;
      });
    }
    return timesOf(times);
  };
  return { info: '', measure: assignment.part === 'writer' ? remove : watch };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The writer first deletes after a pause, by when the watcher has begun. */
async function open(lab: Lab): Promise<OpenedBench> {
  return {
    round: async (label) => {
      await lab.emptyRedis();
      const writer = await lab.launch(label, 'writer');
      const watcher = await lab.launch(label, 'watcher');
      const watching = watcher.measure().finally(writer.stop);
      const [gone, deleted] = await Promise.all([watching, writer.measure()]);
      const delays = ids.map(
        (_, index) => (gone[`t${index}`] ?? Number.NaN) - (deleted[`t${index}`] ?? Number.NaN),
      );
      const lost = delays.filter(Number.isNaN).length;
      if (lost > 0) throw new RangeError(`${lost} invalidations were lost`);
      const sorted = delays.toSorted((a, b) => a - b);
      return {
        p50Ms: quantile(sorted, 0.5),
        p95Ms: quantile(sorted, 0.95),
        p99Ms: quantile(sorted, 0.99),
        maxMs: quantile(sorted, 1),
      };
    },
    close: async () => {},
  };
}

const pubsub = [plain, fenced].map((text) => `Darkroom ${text}`);

export const invalidationDelayBench: Bench = {
  name: 'invalidation-delay',
  question: 'How long does another replica keep in memory what has been deleted?',
  method: [
    'Two processes with both tiers on one Redis. One deletes 100 keys, one every 15 ms; the other asks its memory for all that are left at each turn of its event loop. From the start of the delete (its write to storage takes no time) until then, on the clock that both share.',
    'The watching process is always awake: in a service under load the wait for a turn of the event loop comes on top.',
  ],
  metrics: [
    { key: 'p50Ms', title: 'p50', unit: 'ms', decimals: 2 },
    { key: 'p95Ms', title: 'p95', unit: 'ms', decimals: 2 },
    { key: 'p99Ms', title: 'p99', unit: 'ms', decimals: 2 },
    { key: 'maxMs', title: 'longest', unit: 'ms', decimals: 2 },
  ],
  reference,
  targets: pubsub.flatMap((contestant) => [
    { contestant, metric: 'p50Ms', relation: 'value', against: null, sense: 'at-most', limit: 5 } as const,
    { contestant, metric: 'p99Ms', relation: 'value', against: null, sense: 'at-most', limit: 50 } as const,
  ]),
  contestants: Object.keys(entrants),
  unavailable: unavailableAmong(entrants),
  rounds: 7,
  open,
  prepare,
};
