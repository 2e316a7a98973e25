import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { basename, join } from 'node:path';
import { readEnvironment } from '../../cli/environment.ts';
import { readMachine } from '../../cli/stack/cpu-accounting.ts';
import type { MachineDescription } from './bench-result.ts';

export function describeMachine(redis: string, pressureBefore: number | null): MachineDescription {
  const { cores, cpuPressurePct } = readMachine();
  return {
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    cores,
    platform: `${platform()}-${arch()}`,
    node: process.version,
    redis,
    cpuPressurePct: [pressureBefore, cpuPressurePct],
  };
}

/** The commit, with a mark when the checkout differs from it. */
export function describeCommit(checkout: string): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', checkout, ...args], {
      encoding: 'utf8',
      // In a hook of git's, GIT_DIR names the repository that the hook is of.
      env: readEnvironment().ofTools,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}

type Manifest = { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> };

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Versions of what the manifests of these folders depend on, as installed there. The first folder that has a name keeps it. */
export function installedVersions(folders: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const folder of folders) {
    for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
      const { version = 'unknown' } = readManifest(join(folder, 'node_modules', name));
      versions[name in versions ? `${name} (${basename(folder)})` : name] = version;
    }
  }
  return versions;
}
