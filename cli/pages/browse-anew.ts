import { randomAt, streams } from '../../loadtests/workloads/counter-random.ts';
import { createViews } from '../../loadtests/workloads/workload.ts';
import { browse } from '../browsers/browse.ts';
import type { BrowsedCounts } from '../browsers/browse.ts';
import { withWorlds } from '../commands/with-worlds.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import { populationOf } from '../experiment/service-options.ts';
import type { Stack } from '../worlds/world.ts';

/** What browsers that remember entity tags were answered. */
export type BrowsedAnew = BrowsedCounts & { readonly views: number; readonly reloadShare: number };

const options = { people: 500, photos: 5_000, replicas: 2, seed: 1, telemetry: 'metrics' } as const;
const views = 2_000;
/** Of the pages, those that their viewer has asked to be loaded anew. */
const reloadShare = 0.1;

/** Looks at pages with a cache by RFC 9111 for each viewer; some pages are loaded anew. */
export async function browseAnew(stack: Stack, mediaFolder: string): Promise<BrowsedAnew> {
  const size = populationOf(options);
  const telemetry = { mode: options.telemetry, otlpEndpoint: null };
  stack.context.report(`Looking at ${views} pages with browsers that remember entity tags`);
  const counts = await withWorlds(
    { stack, mediaFolder },
    { candidates: [readNamed('cache-aside', options.replicas)], options, port: 0, telemetry },
    ([world]) =>
      browse({
        targets: world?.addresses() ?? [],
        seed: size.seed,
        views: createViews({ ...size, mix: 'photo-viewing' }),
        pass: 0,
        count: views,
        isReload: (view) => randomAt(size.seed, 0, streams.reloads, view) < reloadShare,
      }),
  );
  return { ...counts, views, reloadShare };
}
