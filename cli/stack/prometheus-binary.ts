import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';
import { canUnpackPackages, doesStart, findOnPath, findUnpacked, unpackPackages } from './system-packages.ts';

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
export function findPrometheus(context: StackContext): PrometheusBinaries | null {
  const root = findUnpacked(context, folder);
  const unpacked = root === null ? null : join(root, 'usr', 'bin');
  const find = (wanted: readonly string[]): string | null =>
    findOnPath(context.environment.path, wanted) ?? (unpacked === null ? null : findOnPath(unpacked, wanted));
  const prometheus = find(names.prometheus);
  const promtool = find(names.promtool);
  if (prometheus === null || promtool === null) return null;
  return {
    prometheus,
    promtool,
    redisExporter: find(names.redisExporter),
    postgresExporter: find(names.postgresExporter),
    source: unpacked !== null && prometheus.startsWith(unpacked) ? (root as string) : prometheus,
  };
}

/** Finds Prometheus and its exporters, or unpacks Debian's into the cache folder. Throws `cannotProvision`. */
export async function providePrometheus(context: StackContext): Promise<PrometheusBinaries> {
  const found = findPrometheus(context);
  if (found === null && canUnpackPackages(context)) {
    await unpackPackages(context, {
      folder,
      what: 'Prometheus',
      notice: 'Unpacking Prometheus from the packages of this system (26 MB, once) ...',
      packages: ['prometheus', ...exporterPackages],
      remedy,
      isThere: () => findPrometheus(context) !== null,
      doesRun: async (root) => {
        const starts = (name: string) => doesStart(context, join(root, 'usr', 'bin', name));
        return (await starts(names.prometheus[0])) && starts(names.promtool[0]);
      },
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
  const isUnpacked = () => findUnpacked(context, folder) !== null;
  const marker = join(cache, 'exporters-failed');
  if (isUnpacked() || !canUnpackPackages(context) || isOfToday(marker)) return null;
  try {
    await unpackPackages(context, {
      folder,
      what: 'The exporters',
      notice: 'Unpacking the exporters of PostgreSQL and Redis from the packages of this system (once) ...',
      packages: exporterPackages,
      remedy,
      isThere: isUnpacked,
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
