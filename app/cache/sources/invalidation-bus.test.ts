import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBusNetwork } from '../../../tests/support/bus-network.ts';
import type { BusNetwork } from '../../../tests/support/bus-network.ts';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import type { FakeClock } from '../../../tests/support/fake-clock.ts';
import { recordEvents } from '../../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../../tests/support/recorded-events.ts';
import { createInvalidationBus, silenceMs } from './invalidation-bus.ts';

function join(network: BusNetwork, sender: string, clock: FakeClock) {
  const connection = network.connect();
  const heard: string[] = [];
  const events: RecordedEvent[] = [];
  const tasks: Promise<unknown>[] = [];
  const bus = createInvalidationBus({
    ...connection,
    channel: 'invalidations',
    sender,
    listener: {
      onInvalidation: (key, version) => void heard.push(`${key} v${version}`),
      onDelivery: (change) => void heard.push(change),
    },
    observe: recordEvents(events),
    now: clock.now,
    wallNow: clock.now,
    runInBackground: (_, task) => void tasks.push(task),
  });
  const outcomes = async () => {
    await Promise.all(tasks);
    return events.flatMap((event) => (event.type === 'invalidation' ? [event.outcome] : []));
  };
  return { bus, connection, heard, outcomes };
}

/** Two members that have heard themselves and each other; what they heard so far is forgotten. */
function pair() {
  const clock = createFakeClock();
  const network = createBusNetwork();
  const [a, b] = [join(network, 'a', clock), join(network, 'b', clock)];
  for (const { bus } of [a, b, a, b]) bus.beat();
  a.heard.length = 0;
  b.heard.length = 0;
  return { clock, network, a, b };
}

test('a member trusts the bus once it has heard itself', () => {
  const network = createBusNetwork();
  const a = join(network, 'a', createFakeClock());
  assert.deepEqual(a.heard, []);
  a.bus.beat();
  assert.deepEqual(a.heard, ['resumed']);
});

test('an invalidation reaches the others and not the sender', async () => {
  const { a, b } = pair();
  a.bus.publish('photo:1', 7);
  assert.deepEqual([a.heard, b.heard], [[], ['photo:1 v7']]);
  assert.deepEqual([await a.outcomes(), await b.outcomes()], [['sent'], ['received']]);
});

test('a lost message is noticed at the next one', () => {
  const { network, a, b } = pair();
  network.mood = 'lose';
  a.bus.publish('photo:1', 2);
  network.mood = 'deliver';
  a.bus.publish('photo:2', 2);
  assert.deepEqual(b.heard, ['loss-noticed', 'photo:2 v2']);
});

test('a lost last message is noticed at the next heartbeat, and only once', () => {
  const { network, a, b } = pair();
  network.mood = 'lose';
  a.bus.publish('photo:1', 2);
  network.mood = 'deliver';
  a.bus.beat();
  a.bus.beat();
  assert.deepEqual(b.heard, ['loss-noticed']);
});

test('a message that could not be published is an event for the sender and a loss that the others notice', async () => {
  const { network, a, b } = pair();
  network.mood = 'fail';
  a.bus.publish('photo:1', 2);
  assert.deepEqual(await a.outcomes(), ['failed']);
  network.mood = 'deliver';
  a.bus.beat();
  assert.deepEqual(b.heard, ['loss-noticed']);
});

test('a message lost before anything was heard of its sender is noticed too', () => {
  const clock = createFakeClock();
  const network = createBusNetwork();
  const b = join(network, 'b', clock);
  b.bus.beat();
  const a = join(network, 'a', clock);
  network.mood = 'lose';
  a.bus.publish('photo:1', 2);
  network.mood = 'deliver';
  a.bus.beat();
  assert.deepEqual(b.heard, ['resumed', 'loss-noticed']);
});

test('a sender that starts again counts from one, and no loss is noticed', () => {
  const { network, clock, a, b } = pair();
  a.bus.publish('photo:1', 2);
  const again = join(network, 'a2', clock);
  again.bus.beat();
  again.bus.publish('photo:1', 3);
  assert.deepEqual(b.heard, ['photo:1 v2', 'photo:1 v3']);
});

test('a lost connection is told at once, and resumed when the member hears itself', () => {
  const { a, b } = pair();
  b.connection.cut();
  a.bus.publish('photo:1', 2);
  assert.deepEqual(b.heard, ['disconnected']);
  b.connection.mend();
  b.bus.beat();
  assert.deepEqual(b.heard, ['disconnected', 'resumed']);
});

test('silence is a lost connection: it is open and dead', () => {
  const { network, clock, b } = pair();
  network.mood = 'lose';
  clock.advance(silenceMs);
  b.bus.beat();
  assert.deepEqual(b.heard, []);
  clock.advance(1);
  b.bus.beat();
  assert.deepEqual(b.heard, ['disconnected']);
});

test('what is not a message is passed over', () => {
  const { b } = pair();
  for (const text of ['', 'null', '[]', '{"s":"a"}', '{"s":"a","n":"1"}', '{"s":"c","n":1,"k":"photo:1"}']) {
    b.connection.subscriber.emit('message', 'invalidations', text);
  }
  assert.deepEqual(b.heard, []);
});
