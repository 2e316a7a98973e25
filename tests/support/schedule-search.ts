import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { allowedBy } from '../../app/cache/settings/chosen-strategy.ts';
import type { CacheWrite, ChangedKey } from '../../app/cache/cache.ts';
import { parseSettings } from './parse-settings.ts';
import { assembleBroken } from './broken-parts.ts';
import type { BrokenPart } from './broken-parts.ts';
import { createBusNetwork } from './bus-network.ts';
import type { BusNetwork } from './bus-network.ts';
import { createChangeLog } from './change-log.ts';
import { createReplica } from './cache-replica.ts';
import type { Replica } from './cache-replica.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { createHeldStorage } from './held-storage.ts';
import type { HeldStorage } from './held-storage.ts';
import { createSharedTier } from './shared-tier.ts';
import { createStepScheduler } from './step-scheduler.ts';
import type { StepScheduler } from './step-scheduler.ts';

const ids = [1, 2];

/**
 * What a client does, and how often it is drawn. `commit` is a write that goes past the cache: one by hand,
 * or one of a process that dies before it tells the cache.
 */
const shares = {
  'read 1': 3,
  'read 2': 2,
  'read all': 2,
  'write 1': 3,
  'write 2': 1,
  'write all': 1,
  'remove 1': 2,
  'commit 1': 0,
  'pass 4000': 1,
  'pass 7000': 1,
  'pass 31000': 1,
} as const;
type Operation = keyof typeof shares;

/** One client after another's answer: what it asks, in order, of one replica. */
type Client = { readonly replica: 0 | 1; readonly operations: readonly Operation[] };

function clientsOf(commits: boolean): fc.Arbitrary<Client[]> {
  const drawn = (Object.entries(shares) as [Operation, number][]).flatMap(([name, share]) =>
    Array.from({ length: name === 'commit 1' && commits ? 2 : share }, () => name),
  );
  const operations = fc.array(fc.constantFrom(...drawn), { minLength: 1, maxLength: 4 });
  const replica = fc.constantFrom(0 as const, 1 as const);
  return fc.array(fc.record({ replica, operations }), { minLength: 2, maxLength: 4 });
}

/** Two replicas under one schedule of every step of redis, storage and messages. */
type Stage = {
  readonly replicas: readonly Replica[];
  readonly storage: HeldStorage;
  readonly clock: FakeClock;
  readonly scheduler: StepScheduler;
  /**
   * By replica and row: the version that every read there must reach. Null where a write is acknowledged
   * before the cache hears of it.
   */
  readonly acknowledged: readonly Map<number, number>[] | null;
  /** Whether a client never sees less than it has seen, while no time passes: versions promise that beyond what was acknowledged. */
  readonly isMonotonic: boolean;
};

function setStage(candidate: CacheSettings, seed: number, broken: BrokenPart | null): Stage {
  const scheduler = createStepScheduler(seed);
  const { step } = scheduler;
  const clock = createFakeClock();
  const arrives = () => broken?.losesMessages !== true || scheduler.random() < 0.5;
  const network = createNetwork(step, arrives);
  const sharedTier = createSharedTier(clock, step);
  const shared = broken?.breakShared?.(sharedTier) ?? sharedTier;
  const log = candidate.invalidation === 'change-stream' ? createChangeLog({ step, arrives }) : null;
  const storage = createHeldStorage({ between: step, ...(log !== null && { onCommit: log.append }) });
  const replicas = ['a', 'b'].map((sender) => {
    return createReplica({
      candidate,
      clock,
      shared,
      network,
      sender,
      wait: step,
      random: scheduler.random,
      ...(log !== null && { createSource: log.createSource }),
      ...(broken !== null && { assemble: assembleBroken(broken) }),
    });
  });
  for (const { cache } of replicas) cache.register(storage.entity);
  for (const replica of replicas) replica.beat();
  const isLate = allowedBy(candidate).includes('late-invalidation');
  // A lease that was taken back refuses the newest row, too, and a memory of hot keys lets it go by: what was acknowledged is
  // kept even so, but what a reader has seen of a write that is not may be followed by the row before.
  const isMonotonic =
    candidate.fence === 'version' && candidate.protection !== 'lease' && candidate.promotion === 'always';
  return {
    replicas,
    storage,
    clock,
    scheduler,
    acknowledged: isLate ? null : replicas.map(() => new Map()),
    isMonotonic,
  };
}

/** Messages take any time, and each subscriber gets them in the order in which they were sent. */
function createNetwork(step: () => Promise<void>, arrives: () => boolean): BusNetwork {
  const queues = new Map<object, (() => void)[]>();
  const deliverNext = async (queue: (() => void)[]): Promise<void> => {
    await step();
    const deliver = queue.shift();
    if (arrives()) deliver?.();
  };
  return createBusNetwork((deliver, subscriber) => {
    const queue = queues.get(subscriber) ?? [];
    queues.set(subscriber, queue);
    queue.push(deliver);
    deliverNext(queue).catch(assert.fail);
  });
}

type Changes = { readonly changed: readonly ChangedKey[] };

/** One write of several rows, answered with what it has changed. */
function together(writes: readonly CacheWrite<number>[]): CacheWrite<Changes> {
  return {
    expected: writes.flatMap(({ expected }) => expected),
    async store() {
      const done = await Promise.all(writes.map(({ store }) => store()));
      const changed = done.flatMap((one) => one.changed);
      return { result: { changed }, changed };
    },
  };
}

/** Throws when a read gives less than what was acknowledged in its replica, or seen by its client, before it was sent. */
async function runClient(stage: Stage, { replica, operations }: Client): Promise<void> {
  const { cache } = stage.replicas[replica] as Replica;
  const acks = stage.acknowledged?.[replica] ?? new Map<number, number>();
  const { storage, clock } = stage;
  const seen = new Map<number, number>();
  let seenAtMs = clock.now();
  const write = async (kind: 'write' | 'remove', written: readonly number[]): Promise<void> => {
    const { changed } = await cache.write(together(written.map((id) => storage[kind](id))));
    if (stage.acknowledged === null) return;
    for (const { id, version } of changed) acks.set(Number(id), Math.max(version, acks.get(Number(id)) ?? 0));
  };
  for (const operation of operations) {
    const [kind, object] = operation.split(' ');
    const asked = object === 'all' ? ids : [Number(object)];
    if (kind === 'pass') clock.advance(Number(object));
    else if (kind === 'commit') await storage.write(Number(object)).store();
    else if (kind === 'write' || kind === 'remove') await write(kind, asked);
    else {
      const beganAtMs = clock.now();
      // A message that takes longer than entries live may let an old one come after a new one, until it arrives.
      if (beganAtMs !== seenAtMs) seen.clear();
      seenAtMs = beganAtMs;
      const promised = asked.map((id) => ({ acknowledged: acks.get(id) ?? 0, seen: seen.get(id) ?? 0 }));
      const reads =
        object === 'all'
          ? await cache.readMany(storage.entity, asked)
          : [await cache.read(storage.entity, Number(object))];
      for (const [index, id] of asked.entries()) {
        // A row that is not there is at most as new as its last removal.
        const version = reads[index]?.version ?? storage.removedVersionOf(id);
        for (const [how, least] of Object.entries(promised[index] ?? {}))
          assert.ok(version >= least, `${operation}: v${version}, but v${least} was ${how} before`);
        if (stage.isMonotonic && reads[index] !== undefined && clock.now() === beganAtMs)
          seen.set(id, version);
      }
    }
  }
}

async function runSchedule(
  candidate: CacheSettings,
  plan: readonly Client[],
  seed: number,
  broken: BrokenPart | null,
) {
  const stage = setStage(candidate, seed, broken);
  const { scheduler, storage, replicas, clock } = stage;
  await scheduler.run();
  clock.advance(1);
  await scheduler.finish(Promise.all(plan.map((client) => runClient(stage, client))));
  for (const [index, { cache }] of replicas.entries()) {
    const reads = await scheduler.finish((async () => cache.readMany(storage.entity, ids))());
    assert.deepEqual(
      reads.map((read) => read?.version),
      ids.map((id) => (storage.isGone(id) ? undefined : storage.versionOf(id))),
      `replica ${index} at rest`,
    );
  }
}

export type Search = {
  readonly text: string;
  readonly runs: number;
  /** One of its parts broken. */
  readonly broken: BrokenPart | null;
  /** Whether there is something to be found, which then needs not be made simpler for a reader. */
  readonly isFindExpected: boolean;
};

/** Searches for a schedule in which a candidate goes back behind what was acknowledged or seen, or does not converge. */
export async function searchSchedules({ text, runs, broken, isFindExpected }: Search): Promise<void> {
  const commits = text.includes('change-stream');
  const candidate = parseSettings(text);
  await fc.assert(
    fc.asyncProperty(clientsOf(commits), fc.integer(), (plan, seed) =>
      runSchedule(candidate, plan, seed, broken),
    ),
    { numRuns: runs, endOnFailure: isFindExpected },
  );
}
