import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createEdgeSupervisor } from './edge-supervisor.ts';
import type { EdgeUsage } from './edge-events.ts';
import type { VarnishServer } from './varnish-server.ts';

type Played = {
  readonly server: VarnishServer;
  readonly asked: string[];
  end(): void;
  comeUp(): void;
  count(usage: EdgeUsage): void;
};

type Plays = {
  /** What a server does with its replicas when it is told them for the n-th time. Absent: it takes them. */
  readonly take?: (times: number) => Promise<void>;
  /** Those after the first come up when a test says so. */
  readonly isSlow?: boolean;
};

/** Servers that do as they are told, one after another. */
function playServers({ take = async () => {}, isSlow = false }: Plays = {}) {
  const played: Played[] = [];
  const ports: number[] = [];
  const start = async (port: number, replicas: readonly string[]): Promise<VarnishServer> => {
    ports.push(port);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    // What it is started with, and what it is told then.
    const asked = replicas.length === 0 ? [] : [replicas.join()];
    let usage: EdgeUsage = { objects: 0, memoryBytes: 0, evictions: 0, refreshes: 0 };
    const { promise: isUp, resolve: comeUp } = Promise.withResolvers<void>();
    const server: VarnishServer = {
      port: 4_321,
      pid: 1,
      ended,
      async useReplicas(addresses) {
        asked.push(addresses.join());
        await take(asked.length);
      },
      empty: async () => {},
      usage: async () => usage,
      mark: async () => {},
      stop: async () => end(),
    };
    const comes = ports.length > 1 && isSlow ? isUp : null;
    played.push({ server, asked, end, comeUp, count: (next) => (usage = next) });
    await comes;
    return server;
  };
  return { start, played, ports };
}

const troubles: unknown[] = [];
const supervise = (start: ReturnType<typeof playServers>['start']) =>
  createEdgeSupervisor({
    start,
    port: 0,
    log: { untilMark: async () => {}, forget: () => {} },
    uniqueId: () => 'a mark',
    onTrouble: (reason) => void troubles.push(reason),
  });

test('a server that ends is started again where it was, and knows the replicas from its start on', async () => {
  const { start, played, ports } = playServers();
  const supervisor = await supervise(start);
  supervisor.meet(['http://one', 'http://two']);
  supervisor.meet(['http://one', 'http://two']);
  await waitUntil(() => played[0]?.asked.length === 1);
  await new Promise(setImmediate);
  assert.deepEqual(played[0]?.asked, ['http://one,http://two'], 'the same ones once');
  played[0]?.end();
  await waitUntil(() => supervisor.state().isUp && played.length === 2);
  await new Promise(setImmediate);
  assert.deepEqual(played[1]?.asked, ['http://one,http://two'], 'once as well');
  assert.deepEqual(ports, [0, 4_321]);
  assert.equal(supervisor.state().isUp, true);
  await supervisor.stop();
  assert.equal(played.length, 2, 'one that was stopped is not started again');
});

test('counters go on when a server, or its worker, counts anew; what it keeps does not', async () => {
  const { start, played } = playServers();
  const supervisor = await supervise(start);
  const read = async (usage: EdgeUsage): Promise<EdgeUsage> => {
    played.at(-1)?.count(usage);
    await supervisor.catchUp();
    return supervisor.state().usage;
  };
  const counted = { objects: 5, memoryBytes: 50, evictions: 3, refreshes: 7 };
  assert.deepEqual(await read(counted), counted);
  // The worker has died.
  const anew = { objects: 1, memoryBytes: 10, evictions: 0, refreshes: 1 };
  assert.deepEqual(await read(anew), { ...anew, evictions: 3, refreshes: 8 });
  played[0]?.end();
  await waitUntil(() => played.length === 2);
  assert.deepEqual(await read(anew), { ...anew, evictions: 3, refreshes: 9 });
  await supervisor.stop();
});

test('a server that did not take its replicas is told them again', async () => {
  const take = async (times: number): Promise<void> => {
    if (times === 1) throw new RangeError('not now');
  };
  const { start, played } = playServers({ take });
  const supervisor = await supervise(start);
  supervisor.meet(['http://one']);
  await waitUntil(() => played[0]?.asked.length === 2);
  assert.match(String(troubles.at(-1)), /not now/);
  await supervisor.stop();
});

test('a server is told of other replicas once it has taken those before', async () => {
  const { promise: taken, resolve: take } = Promise.withResolvers<void>();
  const { start, played } = playServers({ take: () => taken });
  const supervisor = await supervise(start);
  supervisor.meet(['http://one']);
  await waitUntil(() => played[0]?.asked.length === 1);
  supervisor.meet(['http://two']);
  await new Promise(setImmediate);
  assert.deepEqual(played[0]?.asked, ['http://one']);
  take();
  await waitUntil(() => played[0]?.asked.length === 2);
  assert.deepEqual(played[0]?.asked, ['http://one', 'http://two']);
  await supervisor.stop();
});

test('a server that comes up while it is told to stop is stopped', async () => {
  const { start, played } = playServers({ isSlow: true });
  const supervisor = await supervise(start);
  played[0]?.end();
  await waitUntil(() => played.length === 2);
  const stopped = supervisor.stop();
  played[1]?.comeUp();
  await stopped;
  await played[1]?.server.ended;
});
