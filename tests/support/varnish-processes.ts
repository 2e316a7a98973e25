import { readFileSync, readdirSync } from 'node:fs';
import { childrenOf } from '../../cli/stack/cpu-accounting.ts';

/** Null: it has ended. */
export function nameOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null;
  }
}

/** The manager of the Varnish that the process of an edge runs. */
export function varnishOf(edge: number): number[] {
  return childrenOf(edge).filter((pid) => nameOf(pid) === 'varnishd');
}

/** The worker of a manager, which answers. What compiles a configuration is its child too, and has one thread. */
export function workerOf(manager: number | undefined): number | undefined {
  return manager === undefined ? undefined : childrenOf(manager).find((pid) => threadsOf(pid) > 1);
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}
