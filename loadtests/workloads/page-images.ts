import { pageSizes } from '../../app/contract/entities.ts';
import type { RenditionEdge } from '../../app/contract/renditions.ts';
import { randomAt, streams } from './counter-random.ts';
import type { PlannedRequest } from './planned-request.ts';
import { reserveSizeOf } from './photo-reserve.ts';
import { createOwnerOf, createPopulation } from './population.ts';
import type { PopulationSize } from './population-size.ts';
import { createSocialGraph } from './social-graph.ts';
import type { SocialGraph } from './social-graph.ts';

/** A photo as a page shows it. */
export type ShownImage = { readonly photoId: number; readonly rendition: RenditionEdge };

/** The longest sides of pictures on pages, in pixels. */
const thumbnail = 150;
const inFeed = 320;
const [large, largest] = [640, 1080] as const;
/** The share of viewers whose screens take the largest pictures. */
const largeScreenShare = 0.2;

/** Which images the pages of a seeded database show, as long as nobody posts. */
export type PageImages = {
  /** `feedOffset`: how many of its newest posts the feed did not have yet. */
  imagesOf(page: PlannedRequest, feedOffset?: number): readonly ShownImage[];
};

/**
 * Sorts photos from the newest on. The higher the id, the newer the photo, but for the reserve: it comes
 * behind all others, its lowest id first.
 */
const newestFirst =
  ({ photos }: PopulationSize) =>
  (a: number, b: number): number =>
    a > photos && b > photos ? a - b : a > photos ? 1 : b > photos ? -1 : b - a;

/**
 * Its tables are made when they are first needed: a driver that reads requests from a plan never needs them.
 */
export function createPageImages(size: PopulationSize): PageImages {
  const known = new Map<string, readonly number[]>();
  const remember = (key: string, make: () => readonly number[]): readonly number[] => {
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  };
  let seeded: { readonly photosOf: readonly (readonly number[])[]; readonly graph: SocialGraph } | null =
    null;
  const village = () => (seeded ??= gather(size));
  const photosOf = (personId: number): readonly number[] => village().photosOf[personId - 1] ?? [];
  const feedOf = (personId: number): readonly number[] =>
    remember(`feed/${personId}`, () =>
      (village().graph.following[personId - 1] ?? [])
        .flatMap((followed) => photosOf(followed).slice(0, feedDepth))
        .sort(newestFirst(size))
        .slice(0, feedDepth),
    );
  const largeEdgeOf = (viewerId: number): RenditionEdge =>
    randomAt(size.seed, 0, streams.screens, viewerId) < largeScreenShare ? largest : large;
  return {
    imagesOf({ operation, viewerId, params: { userId = 0, photoId = 0 } }, feedOffset = 0) {
      const shown = (ids: readonly number[], rendition: RenditionEdge): ShownImage[] =>
        ids.map((id) => ({ photoId: id, rendition }));
      switch (operation) {
        case 'feedPage':
          return shown(feedOf(userId).slice(feedOffset, feedOffset + pageSizes.feed), inFeed);
        case 'profileGrid':
          return shown(photosOf(userId).slice(0, pageSizes.profileGrid), thumbnail);
        case 'photoPage':
          return shown([photoId], largeEdgeOf(viewerId));
        default:
          return [];
      }
    },
  };
}

/** How many posts of a feed are known. */
const feedDepth = 200;

function gather(size: PopulationSize) {
  const population = createPopulation(size);
  const ownerOf = createOwnerOf(size);
  const photosOf: number[][] = Array.from({ length: size.people }, () => []);
  for (let index = 0; index < size.photos + reserveSizeOf(size.photos); index += 1)
    photosOf[ownerOf(index) - 1]?.push(index + 1);
  return {
    photosOf: photosOf.map((ids) => ids.sort(newestFirst(size))),
    graph: createSocialGraph(population),
  };
}
