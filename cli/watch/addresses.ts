import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alignColumns } from '../report/text-columns.ts';
import { isSameProcess, ownIdentity } from '../stack/process-identity.ts';
import type { ProcessIdentity } from '../stack/process-identity.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { Watch } from './watch-worlds.ts';

/** Where a running `darkroom up` is to be found. Absent: it does not have that. */
export type Addresses = ProcessIdentity & {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly candidates: readonly CandidateAddresses[];
  readonly page?: string;
  readonly prometheus?: string;
  readonly traces?: string;
  readonly postgresPid?: number;
};

type CandidateAddresses = {
  readonly candidate: string;
  readonly replicas: readonly { readonly name: string; readonly address: string; readonly metrics: string }[];
  readonly openApi: string;
  readonly redis?: { readonly address: string; readonly pid: number | null };
};

type Found = {
  readonly watch: Watch | null;
  readonly page: string | null;
  readonly traces: string | null;
};

export function describeAddresses(
  maker: WorldMaker,
  worlds: readonly World[],
  { watch, page, traces }: Found,
): Addresses {
  const { pid } = maker.postgres;
  return {
    ...ownIdentity(),
    startedAtMs: performance.timeOrigin,
    candidates: worlds.map((world) => ({
      candidate: world.label,
      replicas: world
        .replicas()
        .map(({ name, address, metricsAddress }) => ({ name, address, metrics: metricsAddress })),
      openApi: `${world.addresses()[0]}/openapi.json`,
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

/** A file per process: several may run in one checkout. */
const fileOf = ({ state }: StackPaths, pid: number): string => join(state, `up-${pid}.json`);

/** Leaves the addresses where other commands find them, in one step: they are read at any time. */
export function publishAddresses(paths: StackPaths, addresses: Addresses): void {
  const file = fileOf(paths, addresses.pid);
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Takes back what this process has left. */
export function withdrawAddresses(paths: StackPaths): void {
  rmSync(fileOf(paths, process.pid), { force: true });
}

/** Those of the `darkroom up` that was started last and still lives; null when none does. What killed ones left is removed. */
export function findAddresses(paths: StackPaths): Addresses | null {
  const living: Addresses[] = [];
  for (const name of readdirSync(paths.state)) {
    if (!/^up-\d+\.json$/.test(name)) continue;
    const file = join(paths.state, name);
    const addresses = readAddresses(file);
    if (addresses !== null && isSameProcess(addresses)) living.push(addresses);
    else rmSync(file, { force: true });
  }
  return living.toSorted((a, b) => b.startedAtMs - a.startedAtMs)[0] ?? null;
}

function readAddresses(file: string): Addresses | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Addresses;
  } catch {
    return null;
  }
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

function rowsOfCandidate({ candidate, replicas, openApi, redis }: CandidateAddresses): string[][] {
  return [
    [candidate, openApi, 'OpenAPI'],
    ...replicas.map(({ name, address, metrics }) => [`  ${name}`, address, `metrics ${metrics}`]),
    ...(redis === undefined
      ? []
      : [['  Redis', redis.address, redis.pid === null ? '' : `process ${redis.pid}`]]),
  ];
}
