import type { ComposeRequest } from './compose-request.ts';
import { randomAt, streams } from './counter-random.ts';
import { createOperationDraw } from './operation-mix.ts';
import { createPageImages } from './page-images.ts';
import type { ShownImage } from './page-images.ts';
import type { PlannedRequest } from './planned-request.ts';
import type { WorkloadSettings } from './workload-settings.ts';

/** What one person does at once: looks at a page with its images, or writes something. */
export type PhotoView = { readonly page: PlannedRequest; readonly images: readonly ShownImage[] };

export type PhotoViews = {
  /** View `index` of a pass. */
  viewAt(pass: number, index: number): PhotoView;
  /** What a viewer looked at before, the latest last. */
  earlierViewsOf(viewerId: number): readonly PhotoView[];
};

/** The share of public pages that are looked at without logging in. */
const loggedOutShare = 0.3;
/** The share of viewers who come with an empty browser: a new device, a private window. */
const emptyBrowserShare = 0.1;
/** How many views the others had before, on average: many had few, and some had many. */
const earlierViewsMean = 60;
const earlierViewsMax = 200;
/** Posts by which a feed moves on between two looks at it, on average. */
const feedMovesMean = 2;
/** The pass from which earlier views are drawn: no experiment has it. */
const earlierPass = 2_000_000_000;

const openToAll: ReadonlySet<string> = new Set(['photoPage', 'profileGrid']);

/**
 * Draws from the geometric distribution with this mean: a whole number from 0 on, of which each is less
 * likely than the one before it by the same factor.
 */
const geometric = (u: number, mean: number): number =>
  Math.floor(Math.log(1 - u) / Math.log(mean / (mean + 1)));

/** Draws views one by one, in any order. */
export function createPhotoViews({ mix, ...size }: WorkloadSettings, compose: ComposeRequest): PhotoViews {
  const { seed } = size;
  const { imagesOf } = createPageImages(size);
  const operationAt = createOperationDraw(mix);
  const pageAt = (pass: number, index: number, viewerId?: number): PlannedRequest => {
    const operation = operationAt(randomAt(seed, pass, streams.operation, index));
    const page = compose(operation, pass, index, viewerId === undefined ? {} : { viewerId });
    const isLoggedOut =
      openToAll.has(operation) && randomAt(seed, pass, streams.loggedOut, index) < loggedOutShare;
    return isLoggedOut ? { ...page, isLoggedOut } : page;
  };
  const earlierCountOf = (viewerId: number): number => {
    const draw = (number: number): number => randomAt(seed, 0, streams.earlierViews, viewerId, number);
    return draw(0) < emptyBrowserShare ? 0 : Math.min(earlierViewsMax, geometric(draw(1), earlierViewsMean));
  };
  return {
    viewAt(pass, index) {
      const page = pageAt(pass, index);
      return { page, images: imagesOf(page) };
    },
    earlierViewsOf(viewerId) {
      let feedOffset = 0;
      return Array.from({ length: earlierCountOf(viewerId) }, (_, back) => {
        const index = viewerId * earlierViewsMax + back;
        const page = pageAt(earlierPass, index, viewerId);
        if (page.operation === 'feedPage')
          feedOffset += geometric(randomAt(seed, 0, streams.feedMoves, index), feedMovesMean);
        return { page, images: imagesOf(page, feedOffset) };
      }).reverse();
    },
  };
}
