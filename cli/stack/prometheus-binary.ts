import { existsSync, statSync, writeFileSync } from 'node:fs';
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

/** They need nothing but the system's C library. */
const exporterPackages = ['prometheus-redis-exporter', 'prometheus-postgres-exporter'];
/** Exporters are worth a minute of waiting, and where they cannot be had not one more before tomorrow. */
const exportersLimitMs = 60_000;
const dayMs = 86_400_000;
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
  if (found === null && canUnpackPackages(context)) {
    context.report('Unpacking Prometheus from the packages of this system (26 MB, once) ...');
    await unpackPackages(context, {
      folder,
      what: 'Prometheus',
      packages: ['prometheus', ...exporterPackages],
      remedy,
      isThere: () => findPrometheus(context) !== null,
    });
  }
  // A server without its exporters is better than none.
  const failure = found === null || isWhole(found) ? null : await tryToUnpackExporters(context);
  const binaries = findPrometheus(context);
  if (binaries === null)
    throw new CommandError('cannotProvision', 'There is no prometheus with its promtool.', { remedy });
  if (!isWhole(binaries)) context.report(describeSilence(binaries, failure));
  return binaries;
}

function isWhole({ redisExporter, postgresExporter }: PrometheusBinaries): boolean {
  return redisExporter !== null && postgresExporter !== null;
}

/** Says why they could not be had; null when they could, or when it was not tried. */
async function tryToUnpackExporters(context: StackContext): Promise<string | null> {
  const { cache } = context.paths;
  const unpacked = join(cache, folder);
  const marker = join(cache, 'exporters-failed');
  if (existsSync(unpacked) || !canUnpackPackages(context) || isOfToday(marker)) return null;
  context.report(
    'Unpacking the exporters of PostgreSQL and Redis from the packages of this system (once) ...',
  );
  try {
    await unpackPackages(context, {
      folder,
      what: 'The exporters',
      packages: exporterPackages,
      remedy,
      isThere: () => existsSync(unpacked),
      limitMs: exportersLimitMs,
    });
    return null;
  } catch (error) {
    if (!(error instanceof CommandError) || context.signal.aborted) throw error;
    writeFileSync(marker, `${error.message}\n`);
    return error.message;
  }
}

function isOfToday(marker: string): boolean {
  const written = statSync(marker, { throwIfNoEntry: false });
  return written !== undefined && performance.timeOrigin + performance.now() - written.mtimeMs < dayMs;
}

/** One line, also when both are missing. */
function describeSilence(
  { redisExporter, postgresExporter }: PrometheusBinaries,
  failure: string | null,
): string {
  const silent = [
    { store: 'PostgreSQL', exporter: postgresExporter, name: names.postgresExporter[0] },
    { store: 'Redis', exporter: redisExporter, name: names.redisExporter[0] },
  ].filter(({ exporter }) => exporter === null);
  const stores = silent.map(({ store }) => store).join(' and ');
  const missing = silent.map(({ name }) => name).join(' and no ');
  const tell = silent.length === 1 ? 'tells nothing of itself' : 'tell nothing of themselves';
  return `${stores} ${tell}: there is no ${missing}.${failure === null ? '' : ` ${failure}`}`;
}
