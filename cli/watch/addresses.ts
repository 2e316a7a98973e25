import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alignColumns } from '../report/text-columns.ts';
import type { StackPaths } from '../stack/stack-paths.ts';

/** Where a running `darkroom up` is to be found. Absent: it does not have that. */
export type Addresses = {
  readonly pid: number;
  readonly candidate: string;
  readonly replicas: readonly { readonly name: string; readonly address: string; readonly metrics: string }[];
  readonly openApi: string;
  readonly page?: string;
  readonly prometheus?: string;
  readonly traces?: string;
  readonly redis?: { readonly address: string; readonly pid: number | null };
  readonly postgres?: { readonly pid: number };
};

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
export function formatAddresses(addresses: Addresses): string {
  const { page, prometheus, traces, redis, postgres } = addresses;
  const rows = [
    ...(page === undefined ? [] : [['live page', page, '']]),
    ...addresses.replicas.map(({ name, address, metrics }) => [name, address, `metrics ${metrics}`]),
    ['OpenAPI', addresses.openApi, ''],
    ...(prometheus === undefined ? [] : [['Prometheus', prometheus, `alerts ${prometheus}/alerts`]]),
    ...(traces === undefined ? [] : [['traces', `${traces}/traces`, 'or: darkroom traces']]),
    ...(redis === undefined
      ? []
      : [['Redis', redis.address, redis.pid === null ? '' : `process ${redis.pid}`]]),
    ...(postgres === undefined ? [] : [['PostgreSQL', '', `process ${postgres.pid}`]]),
  ];
  return `${alignColumns(rows, () => true).join('\n')}\n`;
}
