import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from '../../cli/watch/addresses.ts';

const checkout = join(import.meta.dirname, '..', '..');
const fileOf = (pid: number, root = checkout): string => join(root, '.darkroom', `up-${pid}.json`);

/** What a `darkroom up` that runs has left for others to find it. */
export function readUpAddresses(pid: number, root = checkout): Addresses {
  return JSON.parse(readFileSync(fileOf(pid, root), 'utf8')) as Addresses;
}

export function hasUpAddresses(pid: number): boolean {
  return existsSync(fileOf(pid));
}
