import { join } from 'node:path';
import autocannon from 'autocannon';
import fastify from 'fastify';
import { parseCandidate } from '../app/candidates/parse-candidate.ts';
import { headers } from '../app/contract/headers.ts';
import { operations, pathOf } from '../app/contract/operations.ts';
import { CommandError } from '../cli/errors.ts';
import { profiles } from '../cli/experiment/profiles.ts';
import { readTreeCpuUs } from '../cli/stack/cpu-accounting.ts';
import { startPostgres } from '../cli/stack/postgres-server.ts';
import { startServerRun } from '../cli/stack/server-run.ts';
import { ensureSeededTemplate } from '../cli/worlds/seeded-template.ts';
import { createWorld } from '../cli/worlds/world.ts';
import type { World } from '../cli/worlds/world.ts';
import type { Assignment, Bench, Figures, Lab, Launched, OpenedBench, Prepared } from './harness/bench.ts';

const candidate = 'cache-aside:tiers=memory,ttl=1h,feed-ttl=1h,invalidation=ttl';
const bare = 'a bare Fastify route';
const ours = 'Darkroom, feed page from memory';
const connections = 16;
const warmUpRequests = 4_000;
const requests = 30_000;
/** How often the generator looks whether it is done. */
const lookEveryMs = 10;
const route = operations.feedPage.route;

/** The bare route: the same bytes, under the same path, from the same framework, and nothing else. */
async function prepare({ part: body }: Assignment): Promise<Prepared> {
  const app = fastify();
  app.get(route, (_, reply) => reply.type('application/json; charset=utf-8').send(body));
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    info: address,
    measure: async (stopped) => {
      await stopped;
      await app.close();
      return {};
    },
  };
}

/** A page that is full, and who reads it. */
async function findFullPage(
  address: string,
  people: number,
): Promise<{ viewer: string; path: string; body: string }> {
  let best = { viewer: '', path: '', body: '' };
  for (let id = 1; id <= Math.min(people, 50); id += 1) {
    const path = pathOf(route, { userId: id });
    const response = await fetch(address + path, { headers: { [headers.viewer]: String(id) } });
    const body = await response.text();
    if (response.ok && body.length > best.body.length) best = { viewer: String(id), path, body };
  }
  return best;
}

async function startService(lab: Lab) {
  const { context, checkout } = lab;
  await using started = new AsyncDisposableStack();
  const postgres = await startPostgres(context);
  started.defer(postgres.stop);
  const run = await startServerRun(postgres.adminUrl, checkout);
  started.defer(run.end);
  const stack = { context, checkout, postgres, run, clock: { now: lab.now } };
  const { people, photos } = profiles.demo;
  const template = await ensureSeededTemplate(stack, { seed: 1, people, photos, followers: 'heavy' });
  const world = await createWorld(stack, {
    label: ours,
    id: `${run.id}_bench`,
    candidate: parseCandidate(candidate),
    telemetry: { mode: 'metrics', otlpEndpoint: null },
    replicas: 1,
    furtherKinds: [],
    template,
    mediaFolder: join(context.paths.state, 'media'),
    port: 0,
  });
  started.defer(world.close);
  const running = started.move();
  return { world, people, stop: () => running.disposeAsync() };
}

type Served = { readonly address: string; readonly pid: number };

/** Asks so many times, and holds the CPU of the server's process against it. */
async function drive({ address, pid }: Served, path: string, viewer: string): Promise<Figures> {
  const run = (amount: number) =>
    autocannon({
      url: address + path,
      connections,
      amount,
      sampleInt: lookEveryMs,
      headers: { [headers.viewer]: viewer },
    });
  await run(warmUpRequests);
  const cpuBefore = readTreeCpuUs(pid);
  const ownBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const result = await run(requests);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const cpuAfter = readTreeCpuUs(pid);
  const { user, system } = process.cpuUsage(ownBefore);
  if (result['2xx'] !== requests)
    throw new CommandError('serviceFailed', `${result.non2xx} answers were no pages`);
  const cpuUs = cpuBefore === null || cpuAfter === null ? Number.NaN : (cpuAfter - cpuBefore) / requests;
  return { perSecond: requests / seconds, cpuUs, generatorUs: (user + system) / requests };
}

const replicaOf = (world: World): Served => {
  const [replica] = world.replicas();
  return { address: replica?.address ?? '', pid: replica?.process.pid ?? 0 };
};

async function open(lab: Lab): Promise<OpenedBench> {
  const { world, people, stop } = await startService(lab);
  const close = async (launched: Launched | null) => {
    launched?.stop();
    await stop();
  };
  try {
    const service = replicaOf(world);
    const { viewer, path, body } = await findFullPage(service.address, people);
    const launched = await lab.launch(bare, body);
    const ended = launched.measure();
    const served: Readonly<Record<string, Served>> = {
      [ours]: service,
      [bare]: { address: launched.info, pid: launched.pid },
    };
    return {
      round: async (label) => ({
        ...(await drive(served[label] ?? service, path, viewer)),
        bodyBytes: body.length,
      }),
      close: async () => {
        await close(launched);
        await ended;
      },
    };
  } catch (error) {
    await close(null);
    throw error;
  }
}

export const hotFeedPageBench: Bench = {
  name: 'hot-feed-page',
  question:
    'What is left of the throughput of a bare route when the whole service answers a feed page from memory?',
  method: [
    `GET ${route} of a seeded service (\`${candidate}\`, metrics on, real process) against a Fastify route that sends the same bytes; autocannon, 16 connections, 30,000 requests after 4,000 that are not counted. The page is the fullest of the first 50 people's.`,
    "Generator and server share the machine: throughput is what both achieve together, and where the generator needs more CPU than the server, it is the generator that is measured. The server's CPU comes from the system, in steps of 10 ms.",
  ],
  metrics: [
    { key: 'perSecond', title: 'requests per second', unit: '', decimals: 0 },
    { key: 'cpuUs', title: 'server CPU per request', unit: 'µs', decimals: 0 },
    { key: 'generatorUs', title: 'generator CPU per request', unit: 'µs', decimals: 0 },
    { key: 'bodyBytes', title: 'body', unit: 'B', decimals: 0 },
  ],
  reference: bare,
  targets: [
    {
      contestant: ours,
      metric: 'perSecond',
      relation: 'ratio',
      against: bare,
      sense: 'at-least',
      limit: 0.85,
    },
  ],
  contestants: [bare, ours],
  rounds: 7,
  open,
  prepare,
};
