import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from '../../cli/watch/addresses.ts';

const fileOf = (pid: number): string => join(import.meta.dirname, '..', '..', '.darkroom', `up-${pid}.json`);

/** What a `darkroom up` that runs has left for others to find it. */
export function readUpAddresses(pid: number): Addresses {
  return JSON.parse(readFileSync(fileOf(pid), 'utf8')) as Addresses;
}

export function hasUpAddresses(pid: number): boolean {
  return existsSync(fileOf(pid));
}
