import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { headers } from '../app/contract/headers.ts';
import { operations, pathOf } from '../app/contract/operations.ts';
import { telemetryModes } from '../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../app/contract/telemetry-modes.ts';
import { CommandError } from '../cli/errors.ts';
import { profiles } from '../cli/experiment/profiles.ts';
import { readTreeCpuUs } from '../cli/stack/cpu-accounting.ts';
import { startPostgres } from '../cli/stack/postgres-server.ts';
import { decodeRequest } from '../cli/traces/otlp-messages.ts';
import { readSpans } from '../cli/traces/read-spans.ts';
import { ensureSeededTemplate } from '../cli/worlds/seeded-template.ts';
import { closeWorlds, createWorld } from '../cli/worlds/world.ts';
import type { World, WorldMaker } from '../cli/worlds/world.ts';
import type { Bench, Figures, Lab, OpenedBench } from './harness/bench.ts';

/** Both answer a page of a feed: from memory, and with two queries. */
const candidates = {
  memory: 'cache-aside:tiers=memory,ttl=1h,feed-ttl=1h,invalidation=ttl',
  storage: 'no-cache',
} as const;
type Case = keyof typeof candidates;
const cases = Object.keys(candidates) as Case[];
const amounts = {
  memory: { warmUp: 2_000, counted: 10_000 },
  storage: { warmUp: 500, counted: 2_500 },
} as const;
const modes = Object.keys(telemetryModes) as TelemetryModeName[];
const connections = 8;
const lookEveryMs = 10;
const viewer = '1';
const page = pathOf(operations.feedPage.route, { userId: Number(viewer) });

/** Where spans go: they are counted, and some are kept to see what made them. */
type Sink = {
  readonly address: string;
  readonly server: Server;
  readonly scopesOf: (replica: string) => ReadonlySet<string>;
};
const exportsRead = 20;

async function openSink(): Promise<Sink> {
  const scopes = new Map<string, Set<string>>();
  const read = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      const port = String(request.socket.remotePort);
      const count = read.get(port) ?? 0;
      read.set(port, count + 1);
      if (count >= exportsRead) return;
      for (const { replica, scope } of readSpans(decodeRequest(Buffer.concat(chunks))).spans) {
        const known = scopes.get(replica) ?? new Set();
        scopes.set(replica, known.add(scope));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, server, scopesOf: (replica) => scopes.get(replica) ?? new Set() };
}

/** A mode's services, and how long the first of them took to start. */
type Watched = { readonly worlds: Readonly<Record<Case, World>>; readonly startMs: number };

async function startMode(
  maker: WorldMaker,
  template: string,
  mode: TelemetryModeName,
  sink: Sink,
): Promise<Watched> {
  const start = (label: Case): Promise<World> =>
    createWorld(maker, {
      label: `${mode} ${label}`,
      id: `${process.pid}_${mode}_${label}`,
      candidate: candidates[label],
      needsRedis: false,
      telemetry: { mode, otlpEndpoint: sink.address },
      replicas: 1,
      template,
      mediaFolder: join(maker.context.paths.state, 'media'),
      port: 0,
    });
  const startedAtMs = performance.now();
  const memory = await start('memory');
  const startMs = performance.now() - startedAtMs;
  try {
    return { worlds: { memory, storage: await start('storage') }, startMs };
  } catch (error) {
    await memory.close();
    throw error;
  }
}

const replicaOf = (world: World) => {
  const [replica] = world.replicas();
  if (replica === undefined) throw new CommandError('internal', `${world.label} has no replica`);
  return replica;
};

async function ask(world: World, amount: number): Promise<void> {
  const { address } = replicaOf(world);
  const url = address + page;
  const result = await autocannon({
    url,
    connections,
    amount,
    sampleInt: lookEveryMs,
    headers: { [headers.viewer]: viewer },
  });
  if (result['2xx'] !== amount)
    throw new CommandError('serviceFailed', `${result.non2xx} answers were no pages`);
}

/** CPU of the service's process per request, in microseconds. */
async function cpuPerRequest(
  world: World,
  { warmUp, counted }: { warmUp: number; counted: number },
): Promise<number> {
  const { pid } = replicaOf(world).process;
  await ask(world, warmUp);
  const before = readTreeCpuUs(pid);
  await ask(world, counted);
  const after = readTreeCpuUs(pid);
  return before === null || after === null ? Number.NaN : (after - before) / counted;
}

function residentMegabytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** What a scrape brings, how long it takes, and how many spans were recorded so far. */
async function scrape(world: World): Promise<{ samples: number; ms: number; spans: number }> {
  const startedAtMs = performance.now();
  const text = await (await fetch(replicaOf(world).metricsAddress)).text();
  const ms = performance.now() - startedAtMs;
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const spans = /telemetry_spans_total\{stage="recorded"\} (\d+)/.exec(text)?.[1];
  return { samples, ms, spans: Number(spans ?? 0) };
}

async function measure({ worlds, startMs }: Watched): Promise<Figures> {
  const before = await scrape(worlds.memory);
  const cpuUs = await cpuPerRequest(worlds.memory, amounts.memory);
  const after = await scrape(worlds.memory);
  const asked = amounts.memory.warmUp + amounts.memory.counted;
  return {
    cpuUs,
    storageCpuUs: await cpuPerRequest(worlds.storage, amounts.storage),
    spans: (after.spans - before.spans) / asked,
    samples: after.samples,
    scrapeMs: after.ms,
    residentMb: residentMegabytes(replicaOf(worlds.memory).process.pid),
    startMs,
  };
}

/** Spans that are missing would look cheap. */
function requireSpans(mode: TelemetryModeName, { worlds }: Watched, sink: Sink): void {
  const { libraries } = telemetryModes[mode];
  if (libraries === 'none') return;
  const wanted = '@opentelemetry/instrumentation-pg';
  if (!sink.scopesOf(replicaOf(worlds.storage).name).has(wanted))
    throw new CommandError('internal', `mode ${mode} makes no spans of ${wanted}`);
}

async function open(lab: Lab): Promise<OpenedBench> {
  const postgres = await startPostgres(lab.context);
  const sink = await openSink();
  const watched = new Map<string, Watched>();
  const close = async () => {
    await closeWorlds([...watched.values()].flatMap(({ worlds }) => Object.values(worlds)));
    sink.server.close().closeAllConnections();
    await postgres.stop();
  };
  try {
    const maker = { context: lab.context, checkout: lab.checkout, postgres, clock: { now: lab.now } };
    const { people, photos } = profiles.demo;
    const template = await ensureSeededTemplate(maker, { seed: 1, people, photos });
    for (const mode of modes) watched.set(mode, await startMode(maker, template, mode, sink));
    // All of them warm before any is measured: code is compiled by requests, not by time.
    for (const { worlds } of watched.values())
      for (const label of cases) await ask(worlds[label], amounts[label].counted);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    round: async (mode) => {
      const own = watched.get(mode);
      if (own === undefined) throw new CommandError('internal', `there is no mode ${mode}`);
      const figures = await measure(own);
      requireSpans(mode as TelemetryModeName, own, sink);
      return figures;
    },
    close,
  };
}

export const telemetryBench: Bench = {
  name: 'telemetry',
  question: 'What does it cost the service to tell of itself?',
  method: [
    `GET ${operations.feedPage.route} of the real service, a process for each mode, all alive at once: answered from memory (\`${candidates.memory}\`), and with queries (\`${candidates.storage}\`). autocannon, ${connections} connections; CPU of the service's process, from the system.`,
    "Nobody marks a request as traced: trace1 decides by the trace's id. Spans go to a receiver in the generator's process, by OTLP. A mode whose libraries make no spans is an error: it would look cheap.",
    'Spans, samples, memory and start are of the service that answers from memory.',
  ],
  metrics: [
    { key: 'cpuUs', title: 'CPU per page from memory', unit: 'µs', decimals: 0 },
    { key: 'storageCpuUs', title: 'CPU per page with queries', unit: 'µs', decimals: 0 },
    { key: 'spans', title: 'spans per request', unit: '', decimals: 2 },
    { key: 'samples', title: 'samples per scrape', unit: '', decimals: 0 },
    { key: 'scrapeMs', title: 'time of a scrape', unit: 'ms', decimals: 1 },
    { key: 'residentMb', title: 'resident memory', unit: 'MB', decimals: 0 },
    { key: 'startMs', title: 'start', unit: 'ms', decimals: 0 },
  ],
  reference: 'off',
  targets: (['cpuUs', 'storageCpuUs'] as const).flatMap((metric) => [
    {
      contestant: 'metrics',
      metric,
      relation: 'ratio' as const,
      against: 'off',
      sense: 'at-most' as const,
      limit: 1.15,
    },
    {
      contestant: 'trace1',
      metric,
      relation: 'ratio' as const,
      against: 'off',
      sense: 'at-most' as const,
      limit: 1.3,
    },
  ]),
  contestants: modes,
  rounds: 7,
  open,
  prepare: () => Promise.reject(new CommandError('internal', 'this bench has no processes of its own')),
};
