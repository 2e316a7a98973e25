import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createBusNetwork } from '../../tests/support/bus-network.ts';
import { createReplica } from '../../tests/support/cache-replica.ts';
import { createTestRedis } from '../../tests/support/databases.ts';
import { startOwnRedis } from '../../tests/support/own-redis.ts';
import { recordEvents } from '../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../tests/support/recorded-events.ts';
import { createTestRedisTier } from '../../tests/support/test-redis-tier.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createSystemClock } from '../clock.ts';
import { createBusSource } from './sources/bus-source.ts';
import { codecOf } from './codec.ts';
import type { CachedEntity } from './cache.ts';
import { parameterAxes } from './settings/cache-axes.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

/** Two replicas on a real Redis that hear of each other's writes through the test. */
async function setStage(context: TestContext, text: string) {
  const candidate = parseSettings(text);
  const clock = createSystemClock();
  const network = createBusNetwork();
  const events: RecordedEvent[] = [];
  const place = createTestRedis();
  const { tier: shared } = await createTestRedisTier(
    clock,
    recordEvents(events),
    place,
    codecOf[candidate.codec],
  );
  context.after(() => shared.close());
  const [a, b] = ['a', 'b'].map((sender) => createReplica({ candidate, clock, shared, network, sender }));
  assert.ok(a !== undefined && b !== undefined);
  for (const { beat } of [a, b]) beat();
  return { a, b, events };
}

describe('values through both tiers', () => {
  const values = [0, -0.5, '', 'a|b\n', false, true, null, undefined, [], {}, { of: [null, { deep: '' }] }];
  for (const codec of parameterAxes.codec.choices) {
    test(`${codec}: what is nearly nothing is kept, in both replicas, or asked for again (R50)`, async (context) => {
      const { a, b } = await setStage(context, `versioned:codec=${codec}`);
      for (const [index, value] of values.entries()) {
        const id = index + 1;
        const photo: CachedEntity<number, unknown> = {
          name: 'photo',
          freshness: 'versioned',
          loadMany: async (ids) => new Map(ids.map((one) => [one, { value, version: 1 }])),
        };
        for (const { cache } of [a, a, b, b]) {
          const read = await cache.read(photo, id);
          assert.equal(read?.version, 1, `${JSON.stringify(value)} is there`);
          assert.deepEqual(read.value, value);
        }
      }
    });
  }
});

describe('a write of 20,000 rows', () => {
  for (const text of ['cache-aside', 'versioned:tiers=redis']) {
    test(`${text}: Redis takes all of it in time, and the loop turns meanwhile (R61)`, async (context) => {
      const { a, events } = await setStage(context, text);
      const entity = { name: 'photo' };
      const changed = Array.from({ length: 20_000 }, (_, id) => ({ entity, id, version: 2 }));
      let turns = 0;
      let isOver = false;
      const turn = () => {
        turns += 1;
        if (!isOver) setImmediate(turn);
      };
      turn();
      await a.cache.write({ expected: [], store: async () => ({ result: 0, changed }) });
      isOver = true;
      assert.ok(turns >= 20, `${turns} turns`);
      const failed = a.events.filter((event) => event.type === 'invalidation' && event.outcome === 'failed');
      assert.equal(failed.length, 0);
      assert.ok(events.every((event) => event.type !== 'tier-operation' || event.result === 'ok'));
    });
  }
});

test('a bus that loses its connections over and over lives on, and leaves no listeners behind (R64)', async (context) => {
  const redis = await startOwnRedis();
  context.after(() => redis.stop());
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  context.after(() => process.off('warning', note));
  const deliveries: string[] = [];
  const heard: string[] = [];
  const join = async (sender: string) => {
    const source = createBusSource({
      url: redis.url,
      keyPrefix: 'darkroom:',
      sender,
      listener: {
        onInvalidation: (key, version) => void heard.push(`${sender}: ${key} v${version}`),
        onChange: async () => true,
        onDelivery: (change) => void (sender === 'a' && deliveries.push(change)),
      },
      observe: recordEvents([]),
      runInBackground: (_, task) => void task.catch(() => {}),
    });
    await source.start();
    context.after(() => source.stop());
    return source;
  };
  const [, b] = await Promise.all([join('a'), join('b')]);
  await waitUntil(() => deliveries.includes('resumed'));
  for (let times = 1; times <= 12; times += 1) {
    await redis.command('CLIENT', 'KILL', 'TYPE', times % 2 === 0 ? 'pubsub' : 'normal');
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitUntil(
      () =>
        deliveries.filter((change) => change === 'disconnected').length >= times &&
        deliveries.at(-1) === 'resumed',
    );
  }
  await waitUntil(() => {
    b.sender?.publish('photo:1', 2);
    return heard.includes('a: photo:1 v2');
  });
  assert.deepEqual(warnings, []);
});
