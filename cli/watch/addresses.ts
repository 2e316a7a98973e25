import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alignColumns } from '../report/text-columns.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { Watch } from './watch-worlds.ts';

/** Where a running `darkroom up` is to be found. Absent: it does not have that. */
export type Addresses = {
  readonly pid: number;
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
    pid: process.pid,
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

const fileOf = (paths: StackPaths): string => join(paths.state, 'up.json');

/** Leaves the addresses where other commands find them. */
export function publishAddresses(paths: StackPaths, addresses: Addresses): void {
  writeFileSync(fileOf(paths), `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
}

export function withdrawAddresses(paths: StackPaths): void {
  rmSync(fileOf(paths), { force: true });
}

/** Null when nothing has left any. They may be those of a command that was killed: ask before you believe them. */
export function findAddresses(paths: StackPaths): Addresses | null {
  try {
    return JSON.parse(readFileSync(fileOf(paths), 'utf8')) as Addresses;
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
