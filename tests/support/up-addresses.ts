import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '../../cli/stack/json-file.ts';
import { AddressesForm } from '../../cli/watch/addresses.ts';
import type { Addresses } from '../../cli/watch/addresses.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** Those of other runs come and go meanwhile. */
function findUpAddresses(pid: number, root: string): Addresses | undefined {
  const state = join(root, '.darkroom');
  return readdirSync(state)
    .filter((name) => /^up-\w+\.json$/.test(name))
    .flatMap((name) => readJsonFile(join(state, name), AddressesForm) ?? [])
    .find((addresses) => addresses.pid === pid);
}

/** What a `darkroom up` that runs has left for others to find it. */
export function readUpAddresses(pid: number, root = checkout): Addresses {
  const found = findUpAddresses(pid, root);
  if (found === undefined) throw new RangeError(`process ${pid} has left no addresses`);
  return found;
}

export function hasUpAddresses(pid: number): boolean {
  return findUpAddresses(pid, checkout) !== undefined;
}
