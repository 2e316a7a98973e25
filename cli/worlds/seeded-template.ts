import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { blobNamesOf } from '../../app/contract/renditions.ts';
import type { BlobStore } from '../../app/storage/blob-store.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { loadSeedRows } from '../../app/storage/seed.ts';
import { largestShare } from '../../loadtests/workloads/celebrities.ts';
import { graphStatistics } from '../../loadtests/workloads/graph-statistics.ts';
import type { GraphStatistics } from '../../loadtests/workloads/graph-statistics.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import { reserveSizeOf } from '../../loadtests/workloads/photo-reserve.ts';
import type { FollowerDistribution, PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { samplePhotos } from '../../loadtests/workloads/sample-photos.ts';
import { seedDatabase } from '../../loadtests/workloads/seed-database.ts';
import { createSocialGraph, reciprocityTarget } from '../../loadtests/workloads/social-graph.ts';
import type { OwnDatabase } from '../stack/database-admin.ts';
import { seedingKeyOf, templateKeyOf } from '../stack/database-mark.ts';
import { CommandError } from '../errors.ts';
import { rowSources } from './row-sources.ts';
import type { Stack } from './world.ts';

/** A digest of all sources that make rows, with their names, since migrations run in the order of those. */
function digestOfSources(checkout: string): string {
  const hash = createHash('sha256');
  for (const source of rowSources) {
    const names = source.endsWith('/') ? readdirSync(join(checkout, source)).toSorted() : [''];
    for (const name of names)
      hash.update(`${source}${name}\0`).update(readFileSync(join(checkout, source, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** All that decides the rows of a template. */
function contentsOf(checkout: string, { people, photos, followers, seed }: PopulationSize): string {
  return `${digestOfSources(checkout)}_${people}_${photos}_${followers}_${seed}`;
}

const lockPollMs = 500;
/** A template of another version that a run asked for since then is kept: its checkout will ask again. */
const keptUnusedMs = 24 * 3_600_000;

/**
 * The template of a population: seeded once, then kept and cloned. Runs on one server share it, by its mark; as long as this
 * run lives, nobody drops it.
 */
export async function ensureSeededTemplate(stack: Stack, size: PopulationSize): Promise<string> {
  const { context, run } = stack;
  const contents = contentsOf(stack.checkout, size);
  const seeding = seedingKeyOf(contents);
  for (let isTold = false; ; isTold = true) {
    const found = await useTemplate(stack, contents);
    if (found !== null) return found;
    if (await run.tryLock(seeding, 'exclusive')) {
      try {
        if ((await findTemplate(stack, contents)) === undefined) {
          await dropOutdated(stack);
          await seedTemplate(stack, contents, size);
        }
      } finally {
        await run.unlock(seeding, 'exclusive');
      }
      continue;
    }
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    if (!isTold) context.report('Another run is seeding this database; waiting for it ...');
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
}

async function findTemplate({ postgres }: Stack, contents: string): Promise<OwnDatabase | undefined> {
  return (await postgres.listOwnDatabases()).find(
    ({ mark, foreignRole }) => mark.kind === 'template' && mark.contents === contents && foreignRole === null,
  );
}

/** Finds it and holds it until the run ends; its mark says that it is used. Null when there is none, or it is being dropped. */
async function useTemplate(stack: Stack, contents: string): Promise<string | null> {
  const { postgres, run } = stack;
  const found = await findTemplate(stack, contents);
  if (found === undefined || !(await run.tryLock(templateKeyOf(found.name), 'shared'))) return null;
  // It may have been dropped just before.
  const held = await findTemplate(stack, contents);
  if (held?.name !== found.name) {
    await run.unlock(templateKeyOf(found.name), 'shared');
    return null;
  }
  const usedAt = (await postgres.readTime()).toISOString();
  await postgres.markDatabase(held.name, { ...held.mark, usedAt });
  return held.name;
}

async function seedTemplate(stack: Stack, contents: string, size: PopulationSize): Promise<void> {
  const { postgres, run } = stack;
  // A name of PostgreSQL has room for 63 characters.
  const followers = size.followers.charAt(0);
  const name = `darkroom_template_${run.id}_${size.people}_${size.photos}_${followers}_${size.seed}`;
  const mark = run.mark('draft', contents);
  await postgres.createDatabase(name, mark);
  try {
    await fillDatabase(stack.context.report, postgres.urlOf(name), size);
    const usedAt = (await postgres.readTime()).toISOString();
    await postgres.markDatabase(name, { ...mark, kind: 'template', usedAt });
  } catch (error) {
    // A draft on a server that cannot be reached now is dropped by the next run.
    await postgres.dropDatabase(name).catch(() => {});
    throw error;
  }
}

/** Templates of another schema or generator, unless a run needs them or did so lately. */
async function dropOutdated({ context, postgres, run, checkout }: Stack): Promise<void> {
  const current = `${digestOfSources(checkout)}_`;
  const nowMs = (await postgres.readTime()).getTime();
  for (const { name, mark, foreignRole } of await postgres.listOwnDatabases()) {
    const { kind, contents, usedAt } = mark;
    if (kind !== 'template' || contents === undefined || foreignRole !== null) continue;
    if (contents.startsWith(current) || nowMs - Date.parse(usedAt ?? '') < keptUnusedMs) continue;
    const key = templateKeyOf(name);
    if (!(await run.tryLock(key, 'exclusive'))) continue;
    try {
      await postgres.dropUnusedDatabase(name);
      context.report(`Dropped ${name}, a template of another version that no run has used for a day.`);
    } catch (error) {
      context.report(`${name} is outdated, and could not be dropped: ${(error as Error).message}`);
    } finally {
      await run.unlock(key, 'exclusive');
    }
  }
}

/** Migrates a database and fills it with a population, unless it has people. */
export async function fillDatabase(
  report: (message: string) => void,
  url: string,
  size: PopulationSize,
): Promise<void> {
  const startedAtMs = performance.now();
  const reserve = reserveSizeOf(size.photos);
  report(`Seeding ${size.people} people and ${size.photos} photos, and ${reserve} to be deleted (once) ...`);
  const population = createPopulation(size);
  const graph = createSocialGraph(population);
  await migrate(url);
  const rows = seedDatabase(population, graph);
  if (!(await loadSeedRows(url, rows))) return report('Another run has filled it meanwhile.');
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  report(`  ${rows.likes.length} likes and ${rows.comments.length} comments; seeded in ${seconds} s`);
  for (const line of describeGraph(size.followers, graphStatistics(graph))) report(`  ${line}`);
}

const followerTargets: Readonly<Record<FollowerDistribution, string>> = {
  heavy: `heavy tail, Gini above 0.5, max ${100 * largestShare} % of all people`,
  even: 'all about the same, Gini below 0.15',
};

/** What was achieved beside what was aimed at. Targets are ranges of published crawls. */
function describeGraph(distribution: FollowerDistribution, achieved: GraphStatistics): string[] {
  const { links, followers, following, reciprocity } = achieved;
  const show = (name: string, { mean, p50, p99, max, gini }: GraphStatistics['followers'], target: string) =>
    `${name}: mean ${mean.toFixed(1)}, p50 ${p50}, p99 ${p99}, max ${max}, Gini ${gini.toFixed(2)} (target ${target})`;
  return [
    `${links} follows; reciprocity ${reciprocity.toFixed(2)} (target ${reciprocityTarget})`,
    show('followers', followers, followerTargets[distribution]),
    show('following', following, 'lognormal, Gini about 0.45'),
  ];
}

/** Enough for any of our own images. */
const sampleMemoryBytes = 64 * 1024 * 1024;

/** Puts the images of the seeded photos, and their renditions, where the service reads them. */
export async function storeSamplePhotos(checkout: string, blobs: BlobStore): Promise<void> {
  const isKept = async (digest: string) =>
    !(await Promise.all(blobNamesOf(digest).map((name) => blobs.has(name)))).includes(false);
  const kept = await Promise.all(samplePhotos.map(({ digest }) => isKept(digest)));
  if (!kept.includes(false)) return;
  // What makes them takes a tenth of a second to load, which only the first command pays.
  const { createRenditionService } = await import('../../app/photos/rendition-service.ts');
  const renditions = createRenditionService(blobs, sampleMemoryBytes);
  for (const { file } of samplePhotos)
    await renditions.keepAsIs(readFileSync(join(checkout, 'loadtests', 'media', file)));
}
