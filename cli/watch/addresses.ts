import { readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XStatic } from 'typebox/schema';
import { alignColumns } from '../report/text-columns.ts';
import { readJsonFile } from '../stack/json-file.ts';
import { liveRuns } from '../stack/leftovers.ts';
import { ownRun } from '../stack/own-run.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import type { World, Stack } from '../worlds/world.ts';
import { isReplica } from '../worlds/world-process.ts';
import type { Watch } from './watch-worlds.ts';

const FurtherProcessForm = {
  type: 'object',
  required: ['name', 'kind', 'address', 'metrics'],
  properties: {
    name: { type: 'string' },
    kind: { type: 'string' },
    address: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    metrics: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    pid: { type: 'integer' },
  },
} as const;

const CandidateForm = {
  type: 'object',
  required: ['candidate', 'replicas', 'openApi'],
  properties: {
    candidate: { type: 'string' },
    replicas: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'address', 'metrics'],
        properties: { name: { type: 'string' }, address: { type: 'string' }, metrics: { type: 'string' } },
      },
    },
    /** What runs beside the replicas. Absent: nothing. */
    processes: { type: 'array', items: FurtherProcessForm },
    openApi: { type: 'string' },
    /** Of a server that was given, without its password. */
    database: { type: 'string' },
    redis: {
      type: 'object',
      required: ['address', 'pid'],
      properties: { address: { type: 'string' }, pid: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
    },
  },
} as const;
type CandidateAddresses = Readonly<XStatic<typeof CandidateForm>>;

/** As they lie on the disk. */
export const AddressesForm = {
  type: 'object',
  required: ['run', 'pid', 'network', 'startedAtMs', 'candidates'],
  properties: {
    run: { type: 'string' },
    pid: { type: 'integer' },
    /** The loopback that they are on: that of another container is not ours. */
    network: { type: 'string' },
    /** Milliseconds since 1970. */
    startedAtMs: { type: 'number' },
    candidates: { type: 'array', items: CandidateForm },
    page: { type: 'string' },
    prometheus: { type: 'string' },
    traces: { type: 'string' },
    postgresPid: { type: 'integer' },
  },
} as const;
/** Where a running `darkroom up` is to be found. Absent: it does not have that. */
export type Addresses = Readonly<XStatic<typeof AddressesForm>>;

type Found = {
  readonly watch: Watch | null;
  readonly page: string | null;
  readonly traces: string | null;
};

export function describeAddresses(
  stack: Stack,
  worlds: readonly World[],
  { watch, page, traces }: Found,
): Addresses {
  const { pid } = stack.postgres;
  return {
    ...ownPlace(stack.context.paths),
    startedAtMs: performance.timeOrigin,
    candidates: worlds.map((world) => ({
      candidate: world.label,
      replicas: world
        .replicas()
        .map(({ name, address, metricsAddress }) => ({ name, address, metrics: metricsAddress })),
      ...furtherOf(world),
      openApi: `${world.addresses()[0]}/openapi.json`,
      database: databaseOf(stack, world),
      ...(world.redis !== null && {
        redis: { address: new URL(world.redis.url).host, pid: world.redis.pid },
      }),
    })),
    ...(page !== null && { page }),
    ...(traces !== null && { traces }),
    ...(watch !== null && { prometheus: watch.prometheus.address }),
    ...(pid !== null && { postgresPid: pid }),
  };
}

/** The file is for its owner only, as the one in which the password of our own server lies. */
function databaseOf({ postgres }: Stack, { database }: World): string {
  const url = new URL(postgres.urlOf(database));
  if (postgres.pid === null) url.password = '';
  return url.href;
}

function furtherOf(world: World): Pick<CandidateAddresses, 'processes'> {
  const further = world.processes().filter((process) => !isReplica(process));
  if (further.length === 0) return {};
  return {
    processes: further.map(({ name, kindName, address, metricsAddress, process: { pid } }) => ({
      name,
      kind: kindName,
      address,
      metrics: metricsAddress,
      pid,
    })),
  };
}

/** Who publishes, and where. */
export function ownPlace(paths: StackPaths): Pick<Addresses, 'run' | 'pid' | 'network'> {
  return { run: ownRun(paths).id, pid: process.pid, network: ownNetwork() };
}

function ownNetwork(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/net') : process.platform;
}

/** A file per run: several may go on in one checkout. */
const fileOf = ({ state }: StackPaths, run: string): string => join(state, `up-${run}.json`);

/** Leaves the addresses where other commands find them, in one step: they are read at any time. */
export function publishAddresses(paths: StackPaths, addresses: Addresses): void {
  const file = fileOf(paths, addresses.run);
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Takes back what this process has left. */
export function withdrawAddresses(paths: StackPaths): void {
  rmSync(fileOf(paths, ownRun(paths).id), { force: true });
}

/**
 * Those of the `darkroom up` that was started last and still lives, on this loopback; null when none does. What killed ones
 * left is removed.
 */
export function findAddresses(paths: StackPaths): Addresses | null {
  const live = new Set(liveRuns(paths).map(({ id }) => id));
  const reachable: Addresses[] = [];
  for (const name of readdirSync(paths.state)) {
    const run = /^up-(\w+)\.json$/.exec(name)?.[1];
    if (run === undefined) continue;
    const file = join(paths.state, name);
    const addresses = live.has(run) ? readJsonFile(file, AddressesForm) : null;
    if (addresses?.network === ownNetwork()) reachable.push(addresses);
    if (!live.has(run)) rmSync(file, { force: true });
  }
  return reachable.toSorted((a, b) => b.startedAtMs - a.startedAtMs)[0] ?? null;
}

/** As a table: what, where, and what to know of it. */
export function formatAddresses({ page, prometheus, traces, candidates, postgresPid }: Addresses): string {
  const rows = [
    ...(page === undefined ? [] : [['live page', page, '']]),
    ...(prometheus === undefined ? [] : [['Prometheus', prometheus, `alerts ${prometheus}/alerts`]]),
    ...(traces === undefined ? [] : [['traces', `${traces}/traces`, 'or: darkroom traces']]),
    ...candidates.flatMap(rowsOfCandidate),
    ...(postgresPid === undefined ? [] : [['PostgreSQL', '', `process ${postgresPid}`]]),
  ];
  return `${alignColumns(rows, () => true).join('\n')}\n`;
}

function rowsOfCandidate({
  candidate,
  replicas,
  processes = [],
  openApi,
  redis,
}: CandidateAddresses): string[][] {
  return [
    [candidate, openApi, 'OpenAPI'],
    ...[...replicas, ...processes].map(rowOfProcess),
    ...(redis === undefined
      ? []
      : [['  Redis', redis.address, redis.pid === null ? '' : `process ${redis.pid}`]]),
  ];
}

type OfProcess = Readonly<XStatic<typeof FurtherProcessForm>>;

/** What may be killed to see what the others do without it has its number. */
function rowOfProcess({ name, address, metrics, pid }: Omit<OfProcess, 'kind'>): string[] {
  const known = [metrics === null ? [] : `metrics ${metrics}`, pid === undefined ? [] : `process ${pid}`];
  return [`  ${name}`, address ?? '', known.flat().join('  ')];
}
