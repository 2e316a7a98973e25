import type { ComposeRequest } from './compose-request.ts';
import { createBrowserStore } from './browser-store.ts';
import type { BrowserStore } from './browser-store.ts';
import type { ShownImage } from './page-images.ts';
import { createPhotoViews } from './photo-views.ts';
import type { PhotoView, PhotoViews } from './photo-views.ts';
import type { PlannedRequest, RequestAt } from './planned-request.ts';
import { renditionBytesOf } from './rendition-bytes.ts';
import { sampleOf } from './sample-photos.ts';
import type { WorkloadSettings } from './workload-settings.ts';

/** What a browser keeps of one site. Few viewers have ever seen so much. */
export const browserBytesMax = 16 * 1024 * 1024;
/** Passes whose plans are kept: a driver asks for one after another. */
const passesKept = 4;

/**
 * Requests of people whose browsers keep images. Which request is number `index` depends on what the browsers had before it, so that the
 * requests of a pass are planned in their order, and kept. Each pass begins with what browsers keep of earlier views, and with nothing of
 * other passes: so a request depends on its pass and its number alone, as everywhere.
 */
export function createPhotoViewing(settings: WorkloadSettings, compose: ComposeRequest): RequestAt {
  const views = createPhotoViews(settings, compose);
  const plans = new Map<number, PassPlan>();
  const planOf = (pass: number): PassPlan => {
    const known = plans.get(pass);
    if (known !== undefined) return known;
    for (const oldest of plans.keys()) if (plans.size >= passesKept) plans.delete(oldest);
    const made = createPassPlan(pass, views, createBrowsers(views.earlierViewsOf));
    plans.set(pass, made);
    return made;
  };
  return (pass, index) => planOf(pass)(index);
}

type PassPlan = (index: number) => PlannedRequest;

function createPassPlan(pass: number, { viewAt }: PhotoViews, browserOf: (viewerId: number) => BrowserStore) {
  const planned: PlannedRequest[] = [];
  let views = 0;
  return (index: number): PlannedRequest => {
    while (planned.length <= index) {
      const view = viewAt(pass, views);
      planned.push(...requestsOfView(view, browserOf(view.page.viewerId)));
      views += 1;
    }
    return planned[index] as PlannedRequest;
  };
}

/**
 * The browsers of all viewers. One is made when it is first asked for, and then holds the images of what its
 * viewer looked at before.
 */
export function createBrowsers(earlierViewsOf: PhotoViews['earlierViewsOf']) {
  const browsers = new Map<number, BrowserStore>();
  return (viewerId: number): BrowserStore => {
    const known = browsers.get(viewerId);
    if (known !== undefined) return known;
    const browser = createBrowserStore(browserBytesMax);
    browsers.set(viewerId, browser);
    for (const view of earlierViewsOf(viewerId)) requestsOfView(view, browser);
    return browser;
  };
}

/** What goes out for a view: the page, and the images that the browser does not have. */
export function requestsOfView({ page, images }: PhotoView, browser: BrowserStore): PlannedRequest[] {
  const sent: PlannedRequest[] = [];
  let [requests, bytes] = [0, 0];
  for (const image of images) {
    const size = renditionBytesOf(image.photoId, image.rendition);
    if (browser.show(`${image.photoId}/${image.rendition}`, size))
      [requests, bytes] = [requests + 1, bytes + size];
    else sent.push(imageRequest(page, image));
  }
  return [requests === 0 ? page : { ...page, browserAnswers: { requests, bytes } }, ...sent];
}

/** What goes out for an image of a page. */
export function imageRequest(
  { viewerId, isLoggedOut }: PlannedRequest,
  { photoId, rendition }: ShownImage,
): PlannedRequest {
  return {
    operation: 'image',
    viewerId,
    params: { rendition, photoId },
    digest: sampleOf(photoId).digest,
    ...(isLoggedOut === true && { isLoggedOut }),
  };
}
