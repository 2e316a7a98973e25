import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { parseCandidate } from '../app/candidates/parse-candidate.ts';
import { headers } from '../app/contract/headers.ts';
import { operations, pathOf } from '../app/contract/operations.ts';
import { serviceKind } from '../app/contract/process-kind.ts';
import { telemetryModes } from '../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../app/contract/telemetry-modes.ts';
import { CommandError } from '../cli/errors.ts';
import { profiles } from '../cli/experiment/profiles.ts';
import { startPostgres } from '../cli/stack/postgres-server.ts';
import { startServerRun } from '../cli/stack/server-run.ts';
import { ensureSeededTemplate } from '../cli/worlds/seeded-template.ts';
import { startWorldProcess } from '../cli/worlds/start-world-process.ts';
import { closeWorlds, createWorld } from '../cli/worlds/world.ts';
import type { World, Stack } from '../cli/worlds/world.ts';
import type { Bench, Figures, Lab, OpenedBench, Target } from './harness/bench.ts';
import { orderOf } from './harness/conduct-bench.ts';
import { readCpuUs } from './harness/process-cpu.ts';
import { median } from './harness/ratio-statistics.ts';
import { openSpanReceiver } from './harness/span-receiver.ts';
import type { SpanReceiver } from './harness/span-receiver.ts';

/**
 * One page of a feed, from each of the places that can answer it. `first` makes a new process quick, and takes tens of
 * thousands of requests: while code is still being compiled, what is measured is the compiler. `again` wakes it: the first
 * thousand pages from memory after some quiet seconds were seen to cost two to four times as much as later ones.
 */
const cases = {
  memory: {
    candidate: 'cache-aside:tiers=memory,ttl=1h,feed-ttl=1h,invalidation=ttl',
    requests: { first: 30_000, again: 1_500, counted: 2_000 },
  },
  redis: {
    candidate: 'cache-aside:tiers=redis,ttl=1h,feed-ttl=1h,invalidation=ttl',
    requests: { first: 15_000, again: 500, counted: 1_000 },
  },
  storage: { candidate: 'no-cache', requests: { first: 8_000, again: 150, counted: 400 } },
} as const;
type Case = keyof typeof cases;
const caseNames = Object.keys(cases) as Case[];
const modes = Object.keys(telemetryModes) as TelemetryModeName[];
const connections = 8;
const lookEveryMs = 10;
const scrapes = 5;
/** Of each mode in each case, per round. */
const windows = 3;
const viewer = '1';
const page = pathOf(operations.feedPage.route, { userId: Number(viewer) });

/** What must be among the spans of a request, where the mode says that a library makes spans. */
const scopeOf: Readonly<Partial<Record<Case, string>>> = {
  redis: '@opentelemetry/instrumentation-ioredis',
  storage: '@opentelemetry/instrumentation-pg',
};

/** Makes one span of each request. */
const requestScope = '@opentelemetry/instrumentation-http';

type Watched = Readonly<Record<Case, World>>;
/** What the services of all modes share. */
type Site = {
  readonly stack: Stack;
  readonly mediaFolder: string;
  readonly template: string;
  readonly receiver: SpanReceiver;
};

type Opened = Site & {
  readonly watched: Readonly<Record<TelemetryModeName, Watched>>;
  readonly seed: number;
};

const senderOf = (mode: TelemetryModeName, label: Case): string => `${mode}-${label}`;

async function startMode({ stack, mediaFolder, template, receiver }: Site, mode: TelemetryModeName) {
  const worlds: Partial<Record<Case, World>> = {};
  try {
    for (const label of caseNames) {
      worlds[label] = await createWorld(stack, {
        label: `${mode} ${label}`,
        id: `${stack.run.id}_${mode}_${label}`,
        candidate: parseCandidate(cases[label].candidate),
        telemetry: { mode, otlpEndpoint: receiver.endpointOf(senderOf(mode, label)) },
        replicas: 1,
        furtherKinds: [],
        template,
        mediaFolder,
        port: 0,
      });
    }
  } catch (error) {
    await closeWorlds(Object.values(worlds));
    throw error;
  }
  return worlds as Watched;
}

const replicaOf = (world: World) => {
  const [replica] = world.replicas();
  if (replica === undefined) throw new CommandError('internal', `${world.label} has no replica`);
  return replica;
};

async function ask(world: World, amount: number): Promise<void> {
  const result = await autocannon({
    url: replicaOf(world).address + page,
    connections,
    amount,
    sampleInt: lookEveryMs,
    headers: { [headers.viewer]: viewer },
  });
  if (result['2xx'] !== amount)
    throw new CommandError('serviceFailed', `${result.non2xx} answers were no pages`);
}

/** What a scrape brings, how long it takes, and how many spans were recorded so far; null: nobody counts them there. */
async function scrape(world: World): Promise<{ samples: number; ms: number; recorded: number | null }> {
  const startedAtMs = performance.now();
  const text = await (await fetch(replicaOf(world).metricsAddress)).text();
  const ms = performance.now() - startedAtMs;
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const recorded = /telemetry_spans_total\{stage="recorded"\} (\d+)/.exec(text)?.[1];
  return { samples, ms, recorded: recorded === undefined ? null : Number(recorded) };
}

/**
 * Waits for the spans that were recorded. Where nobody counts them, for one of each request: such a process also sends spans of
 * what it does by itself, its leases and the beats of its connections, and never falls silent.
 */
async function awaitSpans(
  receiver: SpanReceiver,
  sender: string,
  { recorded, requests }: { recorded: number | null; requests: number },
): Promise<void> {
  if (recorded === null) await receiver.awaitCountOf(sender, requestScope, requests);
  else await receiver.awaitCount(sender, recorded);
}

/** CPU of the service's process in one window, in microseconds. */
async function measureWindow(world: World, { again, counted }: (typeof cases)[Case]['requests']) {
  const { pid } = replicaOf(world).process;
  await ask(world, again);
  const before = readCpuUs(pid);
  await ask(world, counted);
  return readCpuUs(pid) - before;
}

type CaseFigures = { readonly cpuUs: number; readonly spans: number };

/** All modes in one case: short windows that take turns, so that what the machine does meets all of them. */
async function measureCase(
  { receiver, watched, stack, seed }: Opened,
  label: Case,
  round: number,
): Promise<(mode: TelemetryModeName) => CaseFigures> {
  const { requests } = cases[label];
  const scope = scopeOf[label];
  const asked = windows * (requests.again + requests.counted);
  const countsOf = (mode: TelemetryModeName) => ({
    all: receiver.count(senderOf(mode, label)),
    library: receiver.count(senderOf(mode, label), scope),
    requests: receiver.count(senderOf(mode, label), requestScope),
  });
  const before = new Map(modes.map((mode) => [mode, countsOf(mode)]));
  const cpuUs = new Map<TelemetryModeName, number>();
  for (let window = 0; window < windows; window += 1) {
    for (const mode of orderOf(modes, seed, round * windows + window)) {
      if (stack.context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
      const used = await measureWindow(watched[mode][label], requests);
      cpuUs.set(mode, (cpuUs.get(mode) ?? 0) + used);
    }
  }
  const figures = new Map<TelemetryModeName, CaseFigures>();
  for (const mode of modes) {
    const { recorded } = await scrape(watched[mode][label]);
    const requestsUntilNow = (before.get(mode)?.requests ?? 0) + asked;
    if (telemetryModes[mode].traces !== 'none')
      await awaitSpans(receiver, senderOf(mode, label), { recorded, requests: requestsUntilNow });
    const { all, library } = countsOf(mode);
    const ofLibrary = library - (before.get(mode)?.library ?? 0);
    // Spans that are missing would look cheap.
    if (scope !== undefined && telemetryModes[mode].libraries !== 'none' && ofLibrary < asked)
      throw new CommandError('internal', `mode ${mode} made ${ofLibrary} spans of ${scope}, not ${asked}`);
    figures.set(mode, {
      cpuUs: (cpuUs.get(mode) ?? Number.NaN) / (windows * requests.counted),
      spans: (all - (before.get(mode)?.all ?? 0)) / asked,
    });
  }
  return (mode) => figures.get(mode) ?? { cpuUs: Number.NaN, spans: Number.NaN };
}

function residentMegabytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** How long one more process takes to start, and what one that nobody asks does meanwhile, in milliseconds per second. */
async function measureStart(
  { stack, mediaFolder, receiver, watched }: Opened,
  mode: TelemetryModeName,
): Promise<{ startMs: number; idleMs: number }> {
  const { memory } = watched[mode];
  const { pid } = replicaOf(memory).process;
  const before = readCpuUs(pid);
  const startedAtMs = performance.now();
  const fresh = await startWorldProcess(stack.context, stack.checkout, {
    kind: serviceKind(1),
    name: `${process.pid}-${mode}-fresh`,
    candidate: cases.memory.candidate,
    databaseUrl: stack.postgres.urlOf(memory.database),
    redis: null,
    mediaFolder,
    telemetry: { mode, otlpEndpoint: receiver.endpointOf('fresh') },
    port: 0,
  });
  const startMs = performance.now() - startedAtMs;
  const idleMs = (readCpuUs(pid) - before) / startMs;
  await fresh.process.stop();
  return { startMs, idleMs };
}

async function measureRound(opened: Opened, round: number): Promise<ReadonlyMap<string, Figures>> {
  const memory = await measureCase(opened, 'memory', round);
  const redis = await measureCase(opened, 'redis', round);
  const storage = await measureCase(opened, 'storage', round);
  const figures = new Map<string, Figures>();
  for (const mode of modes) {
    const world = opened.watched[mode].memory;
    const scraped = [];
    for (let index = 0; index < scrapes; index += 1) scraped.push(await scrape(world));
    figures.set(mode, {
      cpuUs: memory(mode).cpuUs,
      redisCpuUs: redis(mode).cpuUs,
      storageCpuUs: storage(mode).cpuUs,
      spans: memory(mode).spans,
      redisSpans: redis(mode).spans,
      storageSpans: storage(mode).spans,
      samples: scraped[0]?.samples ?? Number.NaN,
      scrapeMs: median(scraped.map(({ ms }) => ms)),
      residentMb: residentMegabytes(replicaOf(world).process.pid),
      ...(await measureStart(opened, mode)),
    });
  }
  return figures;
}

/** A round is measured when the first mode asks for it, and all modes share it: also its failure, for then nothing is paired. */
function shareRounds(opened: Opened): OpenedBench['round'] {
  const taken = new Set<string>();
  let round = 0;
  let current: Promise<ReadonlyMap<string, Figures>> | null = null;
  return async (mode) => {
    if (current === null || taken.has(mode)) {
      current = measureRound(opened, round);
      round += 1;
      taken.clear();
    }
    taken.add(mode);
    const figures = (await current).get(mode);
    if (figures === undefined) throw new CommandError('internal', `there is no mode ${mode}`);
    return figures;
  };
}

async function open(lab: Lab): Promise<OpenedBench> {
  const postgres = await startPostgres(lab.context);
  const receiver = await openSpanReceiver();
  const watched: Partial<Record<TelemetryModeName, Watched>> = {};
  const started = new AsyncDisposableStack();
  started.defer(postgres.stop);
  started.defer(receiver.close);
  const close = async () => {
    await closeWorlds(Object.values(watched).flatMap((worlds) => Object.values(worlds)));
    await started.disposeAsync();
  };
  try {
    const { context, checkout } = lab;
    const run = await startServerRun(postgres.adminUrl, checkout);
    started.defer(run.end);
    const stack = { context, checkout, postgres, run, clock: { now: lab.now } };
    const { people, photos } = profiles.demo;
    const template = await ensureSeededTemplate(stack, { seed: 1, people, photos, followers: 'heavy' });
    const mediaFolder = join(lab.context.paths.state, 'media');
    const site = { stack, mediaFolder, template, receiver };
    for (const mode of modes) watched[mode] = await startMode(site, mode);
    for (const worlds of Object.values(watched))
      for (const label of caseNames) await ask(worlds[label], cases[label].requests.first);
    const all = watched as Record<TelemetryModeName, Watched>;
    return { round: shareRounds({ ...site, watched: all, seed: lab.seed }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const limits = { metrics: 1.15, trace1: 1.3 };
const targets = (['cpuUs', 'redisCpuUs', 'storageCpuUs'] as const).flatMap((metric) =>
  Object.entries(limits).map(([contestant, limit]): Target => ({
    contestant,
    metric,
    relation: 'ratio',
    against: 'off',
    sense: 'at-most',
    limit,
  })),
);

const amountsOf = (part: 'first' | 'again' | 'counted'): string =>
  caseNames.map((label) => cases[label].requests[part]).join(', ');

export const telemetryBench: Bench = {
  name: 'telemetry',
  question: 'What does it cost the service to tell of itself?',
  method: [
    `GET ${operations.feedPage.route} of the real service in lab mode, a process for each mode and case, all alive at once: from memory (\`${cases.memory.candidate}\`), from Redis (\`${cases.redis.candidate}\`), and with queries (\`${cases.storage.candidate}\`). The modes take turns within a round, in a drawn order, because the machine changes its speed within seconds: ${windows} windows of ${amountsOf('counted')} requests each, behind ${amountsOf('again')} that are not counted, and ${amountsOf('first')} before all. autocannon, ${connections} connections.`,
    'CPU is that of all threads of the process while it is asked. Nobody scrapes it then, and what trace1 sends up to a second later is not in it. What a process does that nobody asks stands beside it: at few requests per second it is more than all of theirs.',
    "`auto` is OpenTelemetry's SDK for Node with its whole bundle of instrumentations, as its guide sets them up, beside the service's own spans; it samples all, and its queue and its delay are those of the others. The other modes are lean: they have what they need of the SDK and no more.",
    "Nobody marks a request as traced: trace1 takes one in a hundred by chance. Spans are counted where they arrive, at an OTLP receiver in the generator's process. One that does not arrive is an error, and so is a library without spans where the mode promises them: that would look cheap.",
    'Samples, scrape, memory, idle and start are of the service that answers from memory; it has been asked for one route only.',
  ],
  metrics: [
    { key: 'cpuUs', title: 'CPU per page from memory', unit: 'µs', decimals: 1 },
    { key: 'redisCpuUs', title: 'CPU per page from Redis', unit: 'µs', decimals: 0 },
    { key: 'storageCpuUs', title: 'CPU per page with queries', unit: 'µs', decimals: 0 },
    { key: 'spans', title: 'spans per page from memory', unit: '', decimals: 2 },
    { key: 'redisSpans', title: 'spans per page from Redis', unit: '', decimals: 2 },
    { key: 'storageSpans', title: 'spans per page with queries', unit: '', decimals: 2 },
    { key: 'samples', title: 'samples per scrape', unit: '', decimals: 0 },
    { key: 'scrapeMs', title: 'time of a scrape', unit: 'ms', decimals: 1 },
    { key: 'idleMs', title: 'CPU while nobody asks', unit: 'ms/s', decimals: 1 },
    { key: 'residentMb', title: 'resident memory', unit: 'MB', decimals: 0 },
    { key: 'startMs', title: 'start', unit: 'ms', decimals: 0 },
  ],
  reference: 'off',
  targets,
  contestants: modes,
  rounds: 15,
  open,
  prepare: () => Promise.reject(new CommandError('internal', 'this bench has no processes of its own')),
};
