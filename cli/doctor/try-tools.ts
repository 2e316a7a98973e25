import { existsSync } from 'node:fs';
import { findK6 } from '../stack/k6-binary.ts';
import { findPrometheus } from '../stack/prometheus-binary.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { canUnpackPackages, findOnPath } from '../stack/system-packages.ts';
import { findVarnish } from '../stack/varnish-binary.ts';
import type { Trial } from '../stack/trial.ts';

/** Runs the k6 that a run would take. */
export async function tryK6(context: StackContext): Promise<Trial> {
  const trial = { part: 'k6', tried: 'read its version' };
  const found = await findK6(context);
  if (found !== null)
    return { ...trial, result: 'ok', said: `${found.version}, ${found.source}`, remedy: '' };
  const { path } = context.environment;
  const canBuild =
    existsSync('/usr/local/go/bin/go') || findOnPath(path, ['go', 'python3', 'apt-get']) !== null;
  if (canBuild)
    return { ...trial, result: 'will come', said: 'built once, which takes a minute or two', remedy: '' };
  const said = 'there is none on PATH, and nothing to build it with';
  return { ...trial, result: 'failed', said, remedy: 'Put k6 1.6 or later on PATH.' };
}

/** Not needed to compare. */
export function tryPrometheus(context: StackContext): Trial {
  const trial = { part: 'Prometheus', tried: 'find it' };
  const found = findPrometheus(context);
  if (found !== null) return { ...trial, result: 'ok', said: found.source, remedy: '' };
  if (canUnpackPackages(context))
    return { ...trial, result: 'will come', said: 'unpacked from the packages of this system', remedy: '' };
  const remedy = 'Only for darkroom up: apt-get install prometheus (or: brew install prometheus).';
  return { ...trial, result: 'not needed', said: 'there is none on PATH', remedy };
}

/** Not needed but for an edge. */
export function tryVarnish(context: StackContext): Trial {
  const trial = { part: 'Varnish', tried: 'find it' };
  const found = findVarnish(context);
  if (found !== null) return { ...trial, result: 'ok', said: found.source, remedy: '' };
  if (canUnpackPackages(context))
    return { ...trial, result: 'will come', said: 'unpacked from the packages of this system', remedy: '' };
  const remedy = 'Only for edge=on: apt-get install varnish varnish-modules.';
  return { ...trial, result: 'not needed', said: 'there is none with its modules', remedy };
}
