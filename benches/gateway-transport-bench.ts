import { setTimeout as wait } from 'node:timers/promises';
import { decodeStreamMessage, encodeStreamMessage } from '../app/gateway/protocol/message-codec.ts';
import { grpcStream } from './contestants/grpc-stream.ts';
import { http2Stream } from './contestants/http2-stream.ts';
import type { StreamConnection, StreamTransport } from './contestants/stream-contestant.ts';
import { websocketStream } from './contestants/websocket-stream.ts';
import type { Assignment, Bench, Figures, Lab, OpenedBench, Prepared } from './harness/bench.ts';

const reference = 'WebSocket (ws)';
const transports: Readonly<Record<string, StreamTransport>> = {
  [reference]: websocketStream,
  'HTTP/2 (node:http2)': http2Stream,
  'gRPC (@grpc/grpc-js)': grpcStream,
};

/** As gateways do at most with `keepalive=5ms`. */
const keepAliveEveryMs = 5;
const keepAlives = { warmUp: 400, counted: 1_000 };
/** About 2,000 a second. Timers are late, so that what is due is sent by the clock. */
const updatesPerMs = 2;
const updates = { warmUp: 2_000, counted: 8_000 };
const recordBytes = 2_600;
const slowBytesMax = 64 * 1024 * 1024;
/** Nothing was taken for so long: the sender stands still. */
const stillMs = 500;

/** What one end tells the other to do. The rest are messages of the protocol. */
const orders = { keepAlives: 'keep-alives', updates: 'updates', flood: 'flood' } as const;

const json = JSON.stringify({ caption: 'x'.repeat(recordBytes - 14) });
const update = (version: number): string =>
  encodeStreamMessage({ type: 'record', key: 'posts:000000000001', version, json });

type Cpu = { readonly ms: () => number };

function startCpu(): Cpu {
  const before = process.cpuUsage();
  return {
    ms() {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    },
  };
}

/** The leader: answers each keep-alive, and sends what it is asked for. */
async function prepareLeader(transport: StreamTransport): Promise<Prepared> {
  const figures: Record<string, number> = {};
  let cpu = startCpu();
  let work = Promise.resolve();
  const port = await transport.listen((connection) => {
    connection.onMessage((text) => {
      if (text.startsWith('K ')) {
        connection.send(encodeStreamMessage({ type: 'ack', keepAlive: Number(text.slice(2)), at: 1 }));
      } else if (text === orders.keepAlives) cpu = startCpu();
      else if (text === orders.updates) {
        figures['leaderKeepAliveUs'] = (cpu.ms() * 1_000) / keepAlives.counted;
        work = sendUpdates(connection, figures);
      } else if (text === orders.flood) work = work.then(() => flood(connection, figures));
    });
  });
  return {
    info: String(port),
    measure: async (stopped) => {
      await stopped;
      await work;
      return figures;
    },
  };
}

async function sendPaced(connection: StreamConnection, count: number): Promise<void> {
  const startedAtMs = performance.now();
  let sent = 0;
  while (sent < count) {
    await wait(1);
    const due = Math.min(count, Math.floor((performance.now() - startedAtMs) * updatesPerMs));
    for (; sent < due; sent += 1) connection.send(update(sent));
  }
}

async function sendUpdates(connection: StreamConnection, figures: Record<string, number>): Promise<void> {
  await sendPaced(connection, updates.warmUp);
  const cpu = startCpu();
  await sendPaced(connection, updates.counted);
  figures['leaderUpdateUs'] = (cpu.ms() * 1_000) / updates.counted;
}

/** Sends as long as there is room, to a reader that has stopped. */
async function flood(connection: StreamConnection, figures: Record<string, number>): Promise<void> {
  let bytes = 0;
  let room = Promise.withResolvers<boolean>();
  connection.onRoom(() => room.resolve(true));
  const text = update(1);
  while (bytes < slowBytesMax) {
    bytes += text.length;
    if (connection.send(text)) continue;
    const goesOn = await Promise.race([room.promise, wait(stillMs, false)]);
    if (!goesOn) break;
    room = Promise.withResolvers<boolean>();
  }
  figures['slowKb'] = bytes / 1024;
}

/** The gateway: gives the orders, and measures what comes. */
async function prepareGateway(transport: StreamTransport, port: number): Promise<Prepared> {
  const connection = await transport.connect(port);
  let onAck = (_id: number): void => {};
  let updatesSeen = 0;
  let onUpdate = (): void => {};
  connection.onMessage((text) => {
    const message = decodeStreamMessage(text);
    if (message?.type === 'ack') onAck(message.keepAlive);
    if (message?.type === 'record') {
      updatesSeen += 1;
      onUpdate();
    }
  });
  const keepAlive = async (id: number): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const sentAtMs = performance.now();
    onAck = () => resolve(performance.now() - sentAtMs);
    connection.send(`K ${id}`);
    return promise;
  };
  const keepAlivesOf = async (count: number): Promise<number[]> => {
    const timesMs: number[] = [];
    for (let id = 0; id < count; id += 1) {
      const [timeMs] = await Promise.all([keepAlive(id), wait(keepAliveEveryMs)]);
      timesMs.push(timeMs);
    }
    return timesMs.toSorted((a, b) => a - b);
  };
  const updatesOf = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onUpdate = () => {
        if (updatesSeen >= count) resolve();
      };
    });
  const measure = async (): Promise<Figures> => {
    await keepAlivesOf(keepAlives.warmUp);
    connection.send(orders.keepAlives);
    const ofKeepAlives = startCpu();
    const timesMs = await keepAlivesOf(keepAlives.counted);
    const keepAliveUs = (ofKeepAlives.ms() * 1_000) / keepAlives.counted;
    connection.send(orders.updates);
    await updatesOf(updates.warmUp);
    const ofUpdates = startCpu();
    await updatesOf(updates.warmUp + updates.counted);
    const updateUs = (ofUpdates.ms() * 1_000) / updates.counted;
    connection.send(orders.flood);
    connection.pause();
    await wait(stillMs * 4);
    return {
      p50Ms: timesMs[Math.floor(timesMs.length / 2)] ?? Number.NaN,
      p99Ms: timesMs[Math.floor(timesMs.length * 0.99)] ?? Number.NaN,
      gatewayKeepAliveUs: keepAliveUs,
      gatewayUpdateUs: updateUs,
    };
  };
  return { info: '', measure };
}

async function prepare({ label, part }: Assignment): Promise<Prepared> {
  const transport = transports[label];
  if (transport === undefined) throw new RangeError(`there is no transport ${label}`);
  const [role, port] = part.split(':');
  return role === 'leader' ? prepareLeader(transport) : prepareGateway(transport, Number(port));
}

async function open(lab: Lab): Promise<OpenedBench> {
  return {
    round: async (label) => {
      const leader = await lab.launch(label, 'leader');
      const gateway = await lab.launch(label, `gateway:${leader.info}`);
      const ofLeader = leader.measure();
      const ofGateway = await gateway.measure().finally(leader.stop);
      const figures = { ...ofGateway, ...(await ofLeader) };
      return {
        ...figures,
        keepAliveUs:
          (figures['leaderKeepAliveUs'] ?? Number.NaN) + (figures['gatewayKeepAliveUs'] ?? Number.NaN),
        updateUs: (figures['leaderUpdateUs'] ?? Number.NaN) + (figures['gatewayUpdateUs'] ?? Number.NaN),
      };
    },
    close: async () => {},
  };
}

export const gatewayTransportBench: Bench = {
  name: 'gateway-transport',
  question: 'What does the stream between a leader and a gateway cost, by what carries it?',
  method: [
    'A leader and a gateway, a process each, on loopback. 1,000 keep-alives, one at a time and 200 a second at most, each acknowledged at once: from its sending until its acknowledgement is read, and the CPU of both processes per keep-alive, timers included.',
    '8,000 updates of 2.6 kB, 2,000 a second, encoded and decoded as the gateway does: CPU of both processes per update.',
    'Then the gateway reads no more, and the leader sends for as long as it is told that there is room, up to 64 MB: what it got rid of. All 64 MB would mean that a slow gateway fills the memory of one of the two.',
  ],
  metrics: [
    { key: 'updateUs', title: 'CPU per update, both ends', unit: 'µs', decimals: 1 },
    { key: 'leaderUpdateUs', title: 'of it the leader', unit: 'µs', decimals: 1 },
    { key: 'keepAliveUs', title: 'CPU per keep-alive, both ends', unit: 'µs', decimals: 1 },
    { key: 'leaderKeepAliveUs', title: 'of it the leader', unit: 'µs', decimals: 1 },
    { key: 'p50Ms', title: 'round trip, p50', unit: 'ms', decimals: 3 },
    { key: 'p99Ms', title: 'round trip, p99', unit: 'ms', decimals: 3 },
    { key: 'slowKb', title: 'sent to a reader that stands still', unit: 'kB', decimals: 0 },
  ],
  reference,
  targets: [],
  contestants: Object.keys(transports),
  rounds: 7,
  open,
  prepare,
};
