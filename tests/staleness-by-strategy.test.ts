import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheParts } from '../app/cache/assemble-cache.ts';
import type { DeferrableWrite } from '../app/cache/cache.ts';
import { randomAt } from '../loadtests/workloads/counter-random.ts';
import { createBusNetwork } from './support/bus-network.ts';
import { createReplica } from './support/cache-replica.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { createHeldStorage } from './support/held-storage.ts';
import { parseSettings } from './support/parse-settings.ts';
import { createSharedTier } from './support/shared-tier.ts';

const seed = 20_241_130;
/** The lifetime of entries, how long a message is on its way, and how long a deferred write waits. */
const [ttlMs, lagMs, flushMs] = [2_000, 300, 200];
/** Each photo is written once in this time. */
const writingMs = 4_000;
const stepMs = 50;
const photos = 40;

/** Things that happen when the clock of the test has come to their time. */
function createDue<T>(now: () => number) {
  let waiting: { readonly thing: T; readonly atMs: number }[] = [];
  return {
    add: (thing: T, inMs: number) => waiting.push({ thing, atMs: now() + inMs }),
    take(): T[] {
      const due = waiting.filter(({ atMs }) => atMs <= now());
      waiting = waiting.filter(({ atMs }) => atMs > now());
      return due.map(({ thing }) => thing);
    },
  };
}

/** Two replicas whose messages and deferred writes take their time. */
function setStage(text: string) {
  const candidate = parseSettings(text);
  const clock = createFakeClock();
  const messages = createDue<() => void>(clock.now);
  const deferred = createDue<DeferrableWrite<unknown>>(clock.now);
  const network = createBusNetwork((deliver) => void messages.add(deliver, lagMs));
  const shared = createSharedTier(clock);
  let flush = async (): Promise<void> => {};
  const createQueue: CacheParts['createQueue'] = ({ kinds, onApplied }) => {
    flush = async () => {
      for (const { kind, payload } of deferred.take())
        await onApplied((await kinds.get(kind)?.applyMany([payload], false)) ?? []);
    };
    const append = async (write: DeferrableWrite<unknown>) => deferred.add(write, flushMs) > 0;
    return { append, start: () => {}, flush: async () => {}, stop: async () => {} };
  };
  const [writer, reader] = ['a', 'b'].map((sender) =>
    createReplica({
      ...{ candidate, clock, shared, network, sender },
      createQueue: candidate.strategy === 'write-behind' && sender === 'a' ? createQueue : null,
    }),
  );
  assert.ok(writer !== undefined && reader !== undefined);
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await flush();
    for (const deliver of messages.take()) deliver();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  };
  return { writer: writer.cache, reader: reader.cache, clock, advance };
}

/**
 * Every photo is written once in one replica, and read in the other one all the time. How long ago, in milliseconds, what was written
 * had been acknowledged whenever an answer did not have it.
 */
async function stalenessOf(text: string): Promise<number[]> {
  const { writer, reader, clock, advance } = setStage(text);
  // Each has heard the other.
  await advance(lagMs);
  const storage = createHeldStorage();
  for (const cache of [writer, reader]) cache.register(storage.entity);
  writer.registerDeferred<number>('write', {
    parse: (payload) => payload as number,
    applyMany: async (ids) =>
      (await Promise.all(ids.map((id) => storage.write(id).store()))).flatMap(({ changed }) => changed),
  });
  const startMs = clock.now();
  const writeAtMs = Array.from(
    { length: photos },
    (_, id) => startMs + 500 + randomAt(seed, 0, 0, id) * (writingMs - 500),
  );
  const acknowledgedMs = new Map<number, number>();
  const stale: number[] = [];
  while (clock.now() < startMs + writingMs + 2 * ttlMs) {
    await advance(stepMs);
    for (const [id, atMs] of writeAtMs.entries()) {
      if (atMs <= clock.now() && !acknowledgedMs.has(id)) {
        const deferrable = { kind: 'write', payload: id as unknown as object, coalescingKey: String(id) };
        await writer.write({ ...storage.write(id), deferrable: { ...deferrable, answer: async () => 2 } });
        acknowledgedMs.set(id, clock.now());
      }
      const read = await reader.read(storage.entity, id);
      const since = acknowledgedMs.get(id);
      if (since !== undefined && (read?.version ?? 0) < 2) stale.push(clock.now() - since);
    }
  }
  for (let id = 0; id < photos; id += 1)
    assert.equal((await reader.read(storage.entity, id))?.version, 2, 'in the end every photo is new');
  return stale;
}

const bounds = [0, lagMs, lagMs + flushMs, ttlMs, Infinity] as const;

/** How many stale reads were at most so old, and older than the bound before. */
function histogramOf(stale: readonly number[]): number[] {
  return bounds.map(
    (bound, index) => stale.filter((ms) => ms <= bound && ms > (bounds[index - 1] ?? -1)).length,
  );
}

const parameters = `ttl=${ttlMs}ms,jitter=0`;

test('ML-6: cache-aside with a TTL alone shows what another replica has replaced for up to that TTL', async () => {
  const [, short = 0, , long = 0, never] = histogramOf(
    await stalenessOf(`cache-aside:${parameters},invalidation=ttl`),
  );
  assert.ok(long > short, `${long} reads are older than a message would be on its way, ${short} are not`);
  assert.equal(never, 0);
});

for (const text of ['write-through', 'cache-aside', 'versioned'])
  test(`ML-6: ${text}, whose writes are told to the other replicas, is stale for as long as that takes`, async () => {
    const [, told = 0, ...later] = histogramOf(await stalenessOf(`${text}:${parameters}`));
    assert.ok(told > 0, 'a message takes its time');
    assert.deepEqual(later, [0, 0, 0]);
  });

test('ML-6: write-behind is stale for as long as a write waits and is told', async () => {
  const [, short = 0, waited = 0, ...later] = histogramOf(await stalenessOf(`write-behind:${parameters}`));
  assert.ok(short > 0 && waited > 0, `${short} and ${waited}`);
  assert.deepEqual(later, [0, 0]);
});

test('ML-6: without a memory tier of its own nobody is stale once a write is acknowledged', async () => {
  for (const text of ['cache-aside', 'write-through', 'versioned'])
    assert.deepEqual(await stalenessOf(`${text}:${parameters},tiers=redis`), [], text);
});
