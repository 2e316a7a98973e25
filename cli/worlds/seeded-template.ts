import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFileStore } from '../../app/storage/object-store.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { loadSeedRows } from '../../app/storage/seed.ts';
import { graphStatistics } from '../../loadtests/workloads/graph-statistics.ts';
import type { GraphStatistics } from '../../loadtests/workloads/graph-statistics.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import type { PopulationSize } from '../../loadtests/workloads/population.ts';
import { samplePhotos } from '../../loadtests/workloads/sample-photos.ts';
import { seedDatabase } from '../../loadtests/workloads/seed-database.ts';
import { createSocialGraph, reciprocityTarget } from '../../loadtests/workloads/social-graph.ts';
import { takeLock } from '../stack/slot-lock.ts';
import { CommandError } from '../errors.ts';
import type { WorldMaker } from './world.ts';

/** Everything whose change makes another database: the schema, the loader, the generator. */
const sources = [
  ['app', 'storage', 'migrations'],
  ['app', 'storage', 'seed.ts'],
  ['loadtests', 'workloads'],
] as const;

function digestOfSources(checkout: string): string {
  const hash = createHash('sha256');
  for (const parts of sources) {
    const path = join(checkout, ...parts);
    const files = path.endsWith('.ts')
      ? [path]
      : readdirSync(path)
          .sort()
          .map((name) => join(path, name));
    for (const file of files) if (!file.endsWith('.test.ts')) hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

/** The template of a population: seeded once, then kept and cloned. The name says all that decides its rows. */
export async function ensureSeededTemplate(maker: WorldMaker, size: PopulationSize): Promise<string> {
  const { context, postgres } = maker;
  const { people, photos, seed } = size;
  const name = `darkroom_template_${digestOfSources(maker.checkout)}_${people}_${photos}_${seed}`;
  const lock = join(context.paths.data, `${name}.lock`);
  while (!takeLock(lock)) {
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    if (await postgres.databaseExists(name)) return name;
    await dropOutdated(maker);
    const draft = `darkroom_seeding_${process.pid}`;
    await postgres.dropDatabase(draft);
    await postgres.createDatabase(draft);
    await fillDatabase(maker.context.report, postgres.urlOf(draft), size);
    await postgres.renameDatabase(draft, name);
    return name;
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Templates of an earlier schema or generator will not be asked for again. */
async function dropOutdated({ postgres, checkout }: WorldMaker): Promise<void> {
  const current = `darkroom_template_${digestOfSources(checkout)}_`;
  for (const name of await postgres.listDatabases()) {
    if (name.startsWith('darkroom_template_') && !name.startsWith(current)) await postgres.dropDatabase(name);
  }
}

/** Migrates a database and fills it with a population. */
export async function fillDatabase(
  report: (message: string) => void,
  url: string,
  size: PopulationSize,
): Promise<void> {
  const startedAtMs = performance.now();
  report(`Seeding ${size.people} people and ${size.photos} photos (once) ...`);
  const population = createPopulation(size);
  const graph = createSocialGraph(population);
  await migrate(url);
  const rows = seedDatabase(population, graph);
  await loadSeedRows(url, rows);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  report(`  ${rows.likes.length} likes and ${rows.comments.length} comments; seeded in ${seconds} s`);
  for (const line of describeGraph(graphStatistics(graph))) report(`  ${line}`);
}

/** What was achieved beside what was aimed at. Targets are ranges of published crawls. */
function describeGraph({ links, followers, following, reciprocity }: GraphStatistics): string[] {
  const show = (name: string, { mean, p50, p99, max, gini }: GraphStatistics['followers'], target: string) =>
    `${name}: mean ${mean.toFixed(1)}, p50 ${p50}, p99 ${p99}, max ${max}, Gini ${gini.toFixed(2)} (target ${target})`;
  return [
    `${links} follows; reciprocity ${reciprocity.toFixed(2)} (target ${reciprocityTarget})`,
    show('followers', followers, 'heavy tail, Gini above 0.5'),
    show('following', following, 'lognormal, Gini about 0.45'),
  ];
}

/** Puts the images of the seeded photos where the service reads them. */
export async function storeSamplePhotos(checkout: string, mediaFolder: string): Promise<void> {
  const store = createFileStore(mediaFolder);
  for (const { file } of samplePhotos)
    await store.put(readFileSync(join(checkout, 'loadtests', 'media', file)));
}
