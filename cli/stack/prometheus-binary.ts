import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';
import { canUnpackPackages, findOnPath, unpackPackages } from './system-packages.ts';

/** The programs that watch a run. An exporter that is not there is null: then a store tells nothing of itself. */
export type PrometheusBinaries = {
  readonly prometheus: string;
  /** Checks and tests rules. */
  readonly promtool: string;
  readonly redisExporter: string | null;
  readonly postgresExporter: string | null;
  /** Where the server is from, for people. */
  readonly source: string;
};

/** By the names that their own releases and Debian's packages give them. */
const names = {
  prometheus: ['prometheus'],
  promtool: ['promtool'],
  redisExporter: ['redis_exporter', 'prometheus-redis-exporter'],
  postgresExporter: ['postgres_exporter', 'prometheus-postgres-exporter'],
} as const;

/** About 26 MB together; they need nothing but the system's C library. */
const debianPackages = ['prometheus', 'prometheus-redis-exporter', 'prometheus-postgres-exporter'];
const folder = 'prometheus';
const remedy = 'Install it yourself (apt-get install prometheus, brew install prometheus).';

/** What is there already, on PATH or unpacked earlier; null without a server and its tool. */
export function findPrometheus({ environment, paths }: StackContext): PrometheusBinaries | null {
  const unpacked = join(paths.cache, folder, 'usr', 'bin');
  const find = (wanted: readonly string[]): string | null =>
    findOnPath(environment.path, wanted) ?? findOnPath(unpacked, wanted);
  const prometheus = find(names.prometheus);
  const promtool = find(names.promtool);
  if (prometheus === null || promtool === null) return null;
  return {
    prometheus,
    promtool,
    redisExporter: find(names.redisExporter),
    postgresExporter: find(names.postgresExporter),
    source: prometheus.startsWith(unpacked) ? join(paths.cache, folder) : prometheus,
  };
}

/** Finds Prometheus and its exporters, or unpacks Debian's into the cache folder. Throws `cannotProvision`. */
export async function providePrometheus(context: StackContext): Promise<PrometheusBinaries> {
  const found = findPrometheus(context);
  const isWhole = found !== null && found.redisExporter !== null && found.postgresExporter !== null;
  const isUnpacked = existsSync(join(context.paths.cache, folder));
  if (isWhole || (isUnpacked && found !== null) || !canUnpackPackages(context)) return demand(found);
  context.report('Unpacking Prometheus from the packages of this system (26 MB, once) ...');
  try {
    await unpackPackages(context, { folder, what: 'Prometheus', packages: debianPackages, remedy });
  } catch (error) {
    // A server without its exporters is better than none.
    if (found === null || context.signal.aborted) throw error;
  }
  return demand(findPrometheus(context));
}

function demand(found: PrometheusBinaries | null): PrometheusBinaries {
  if (found === null)
    throw new CommandError('cannotProvision', 'There is no prometheus with its promtool.', { remedy });
  return found;
}
