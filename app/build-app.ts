import cookies from '@fastify/cookie';
import { createBackgroundTasks } from './background-tasks.ts';
import type { BackgroundTasks } from './background-tasks.ts';
import { knowPeople, registerPeople } from './build-people.ts';
import type { People } from './build-people.ts';
import { buildCounters } from './build-counters.ts';
import type { Cache } from './cache/cache.ts';
import { createCache } from './cache/create-cache.ts';
import { invalidationKinds } from './cache/invalidation/index.ts';
import type { CacheSettings } from './cache/settings/cache-axes.ts';
import { redisUsesOf } from './cache/settings/chosen-strategy.ts';
import { tierNamesOf } from './cache/tiers/index.ts';
import { policiesOf } from './classes/system.ts';
import { formatCandidate } from './candidates/format-candidate.ts';
import { changeSourceOf } from './change-source.ts';
import { createSystemClock } from './clock.ts';
import type { Clock, StoppableClock } from './clock.ts';
import { registerCommentRoutes } from './comments/comment-routes.ts';
import { createCommentService } from './comments/comment-service.ts';
import { createCommentStore } from './comments/comment-store.ts';
import type { Config } from './config.ts';
import { entityNames, rowKeys } from './contract/entities.ts';
import { limitInForce, usualLimits } from './contract/request-limit.ts';
import { registerCounterRoutes } from './counters/counter-routes.ts';
import type { CounterService } from './counters/counter-service.ts';
import { createPhotoCounts } from './counters/create-photo-counts.ts';
import type { PhotoCounts, PhotoCountsParts } from './counters/create-photo-counts.ts';
import type { OpenCounters } from './counters/open-counters.ts';
import { registerEdgeHeaders } from './edge/edge-headers.ts';
import { registerFeedRoutes } from './feeds/feed-routes.ts';
import { createFeedService } from './feeds/feed-service.ts';
import { createFeedSource } from './feeds/create-feed-source.ts';
import type { FeedSourceOptions } from './feeds/create-feed-source.ts';
import { uncounted } from './feeds/feed-events.ts';
import type { FeedSource } from './feeds/feed-source.ts';
import { registerFollowRoutes } from './follows/follow-routes.ts';
import { createFollowService } from './follows/follow-service.ts';
import { createFollowRequestStore } from './follows/follow-request-store.ts';
import { createFollowStore } from './follows/follow-store.ts';
import { registerApiDescription } from './http/api-description.ts';
import { registerBodyParsers } from './http/body-parsers.ts';
import { registerHealthRoutes } from './http/health-routes.ts';
import { closeHttpServer, createHttpServer } from './http/http-server.ts';
import { watchMethods } from './http/other-methods.ts';
import { registerProblemDetails } from './http/problem-details.ts';
import { refuseStalledBodies, requestLimits } from './http/request-limits.ts';
import { shedLoad } from './http/load-shedding.ts';
import { registerRateLimits } from './http/rate-limits.ts';
import { registerRequestMetrics } from './http/request-metrics.ts';
import type { App, RouteParts } from './http/route-parts.ts';
import { createDescribeRead } from './http/cache-status.ts';
import { createAccountOf, createAskerOf, createViewerOf } from './http/viewer.ts';
import type { AskerOf } from './http/viewer.ts';
import { checkSessions } from './http/session-check.ts';
import { registerIdempotencyKeys } from './idempotency/idempotency-keys.ts';
import { createIdempotencyStore } from './idempotency/idempotency-store.ts';
import { slowRequestsDown } from './lab/slow-requests-down.ts';
import { registerLikeRoutes } from './likes/like-routes.ts';
import { createLikeService } from './likes/like-service.ts';
import { createLikeStore } from './likes/like-store.ts';
import { registerMediaRoutes } from './media/media-routes.ts';
import { createFeedObserver, watchActiveFeeds } from './observability/feed-observers.ts';
import { createTelemetry } from './observability/telemetry.ts';
import type { Telemetry } from './observability/telemetry.ts';
import type { PossibleEvents } from './observability/cache-metrics.ts';
import { watchRights } from './observability/metrics.ts';
import type { Metrics } from './observability/metrics.ts';
import { registerPhotoRoutes } from './photos/photo-routes.ts';
import { createPhotoService } from './photos/photo-service.ts';
import { createPhotoStore } from './photos/photo-store.ts';
import { createPicturesAside, createRenditionService } from './photos/rendition-service.ts';
import type { RenditionService } from './photos/rendition-service.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { openRecorder } from './recording/open-recorder.ts';
import type { Recorder } from './recording/recorder.ts';
import type { BlobStore } from './storage/blob-store.ts';
import { openBlobs } from './storage/open-blobs.ts';
import { createStorage } from './storage/postgres.ts';
import type { Storage } from './storage/postgres.ts';
import { registerProfileRoutes } from './users/profile-routes.ts';
import { createProfileService } from './users/profile-service.ts';
import { createProfileStore } from './users/profile-store.ts';

/** The service, made and joined but not listening. `close` ends what it holds; requests under way are finished first. */
export type BuiltApp = {
  readonly app: App;
  readonly metrics: Metrics;
  readonly clock: StoppableClock;
  drain(): void;
  /** Drops what the caches of this process hold, as if it had just been started. */
  emptyCaches(): void;
  /** Remembers the sessions of these tokens, as if they had been used. */
  rememberSessions(tokens: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

/** Bodies are captions and comments; an image has its own bound. */
const bodyBytesMax = 64 * 1024;
const mebibyte = 1024 * 1024;
/** At the end, messages to the other replicas still go out; what waits for a Redis that is gone is given up. */
const settleLimitMs = 1_000;
/** In lab mode a world's clock may stand still for as long as an experiment takes. */
const labExpirySlackMs = 24 * 3_600_000;

export async function buildApp(ofProcess: ProcessParts): Promise<BuiltApp> {
  const { config, logger, clock, uniqueId } = ofProcess;
  const telemetry = telemetryOf(ofProcess);
  const { metrics } = telemetry;
  const background = createBackgroundTasks((name, reason) =>
    logger.warn({ err: reason, task: name }, 'background task failed'),
  );
  const storage = createStorage(config.databaseUrl, config.poolSize, telemetry.storage, {
    hasOutbox: config.candidate.feeds.outbox === 'on',
  });
  metrics.watchPool(storage);
  const blobs = await openBlobs(config);
  const renditions = createRenditionService(blobs, config.decodeMemoryMiB * mebibyte);
  const cache = await openCache(ofProcess, telemetry, background.run);
  metrics.watchTiers(cache);
  const people = await watchPeople(metrics, knowPeople(ofProcess, storage, background.run));
  const counters = await buildCounters(ofProcess, storage, telemetry.inSpan, background.run);

  const app = createHttpServer(logger, bodyBytesMax, config.replica);
  const declareOtherMethods = watchMethods(app);
  let isDraining = false;
  if (config.labSlowdown !== 'none') slowRequestsDown(app, config.labSlowdown, createSystemClock());
  await observeRequests(app, telemetry);
  await registerCommonParts(app);
  const askerOf = createAskerOf(config.isLab);
  const viewerOf = createViewerOf(askerOf);
  await limitRequests(app, config, askerOf, () => checkSessions(app, people.sessionService.personOf));
  if (config.candidate.edge.edge === 'on') tellEdge(app, config, askerOf, people);
  const keys = createIdempotencyStore(storage, clock.now, uniqueId);
  const parts = {
    askerOf,
    viewerOf,
    writeOnce: registerIdempotencyKeys(app, keys, viewerOf),
    describeRead: createDescribeRead(tierNamesOf(config.candidate.cache.tiers), clock.now),
  };
  const { areRightsKnown } = people;
  registerHealthRoutes(app, {
    isDraining: () => isDraining,
    isStorageReady: storage.isReady,
    areRightsKnown,
  });
  const feedSource = feedSourceOf(config, { telemetry, storage, clock, runInBackground: background.run });
  const counting = countingOf(config, counters, { storage, clock, runInBackground: background.run });
  const made = { config, parts, clock, storage, renditions, feedSource, people, ...counting };
  const recorder = recorderOf(ofProcess);
  recorder?.watchRequests(app, askerOf);
  const watched = telemetry.around(cache);
  const features = { ...made, cache: recorder?.around(watched) ?? watched };
  registerFeatures(app, features);
  registerPeople(app, {
    ...features,
    pictures: createPicturesAside(blobs, renditions),
    runInBackground: background.run,
  });
  registerMediaRoutes(app, renditions);
  // Routes within a scope are declared once it is loaded.
  await app.after();
  declareOtherMethods();
  await app.ready();
  return {
    app,
    metrics,
    clock,
    drain: () => void (isDraining = true),
    emptyCaches: cache.flushLocal,
    rememberSessions: people.sessionService.remember,
    close: () => closeParts({ app, people, counters, background, cache, recorder, storage, blobs }),
  };
}

async function watchPeople({ registry, observers }: Metrics, known: Promise<People>): Promise<People> {
  const people = await known;
  if (observers !== null) watchRights(registry, people);
  return people;
}

function telemetryOf({ config, registry, tracing }: ProcessParts): Telemetry {
  const { candidate, replica, telemetry: mode } = config;
  return createTelemetry({
    strategy: candidate.cache.strategy,
    tiers: tierNamesOf(candidate.cache.tiers),
    candidate: formatCandidate(candidate),
    replica,
    mode,
    registry,
    possible: possibleEvents(candidate.cache),
    tracing,
  });
}

/** What counts for whoever asks it to, and for the photo service. */
function countingOf(
  { candidate }: Config,
  { service, redis }: OpenCounters,
  parts: Pick<PhotoCountsParts, 'storage' | 'clock' | 'runInBackground'>,
): { readonly counters: CounterService; readonly counts: PhotoCounts } {
  const mode = candidate.counters.counter;
  return { counters: service, counts: createPhotoCounts({ ...parts, mode, counters: service, redis }) };
}

type FeedParts = Pick<FeedSourceOptions, 'storage' | 'clock' | 'runInBackground'> & {
  readonly telemetry: Telemetry;
};

/** Where feeds come from; what is done of them beside gathering is counted where it is done. */
function feedSourceOf({ candidate }: Config, { telemetry, ...parts }: FeedParts): FeedSource {
  const { metrics, inSpan } = telemetry;
  const settings = candidate.feeds;
  const isCounted = metrics.observers !== null && settings.feed !== 'pull';
  const { feedSource, activeFeeds } = createFeedSource({
    ...parts,
    settings,
    inSpan,
    observe: isCounted ? createFeedObserver(metrics.registry) : uncounted,
  });
  if (isCounted && activeFeeds !== null) watchActiveFeeds(metrics.registry, activeFeeds.usage);
  return feedSource;
}

function openCache(
  { config, logger, clock, random, uniqueId }: ProcessParts,
  telemetry: Telemetry,
  runInBackground: BackgroundTasks['run'],
): Promise<Cache> {
  const { spans } = telemetry;
  return createCache({
    candidate: config.candidate.cache,
    policies: policiesOf(config.candidate.classes),
    redis: config.redisUrl === '' ? null : { url: config.redisUrl, keyPrefix: config.redisPrefix },
    sender: `${config.replica}:${uniqueId()}`,
    clock,
    random,
    observe: telemetry.cache,
    runInBackground,
    redisExpirySlackMs: config.isLab ? labExpirySlackMs : 0,
    createChangeStream: changeSourceOf(config, telemetry.cache, runInBackground, logger),
    ...(spans !== null && { inOwnTrace: spans.inOwnTrace, traceparent: spans.traceparent }),
  });
}

function recorderOf({ config, clock, uniqueId, logger }: ProcessParts): Recorder | null {
  const onFailed = (error: unknown): void =>
    logger.warn({ err: error }, 'what is asked cannot be written down any more');
  return openRecorder({ config, clock, uniqueId, onFailed });
}

function possibleEvents(settings: CacheSettings): PossibleEvents {
  const written = Object.values(rowKeys).flatMap((keys) => keys.map(({ entityName }) => entityName));
  const { outcomes } = invalidationKinds[settings.invalidation];
  const defersWrites = redisUsesOf(settings).includes('queue');
  return { names: Object.values(entityNames), written, invalidations: outcomes, defersWrites };
}

async function observeRequests(app: App, { spans, metrics }: Telemetry): Promise<void> {
  if (spans !== null) await app.register(spans.requests.plugin);
  if (metrics.observers !== null)
    registerRequestMetrics(app, metrics.observers, (request) => spans?.requests.traceIdOf(request));
}

/** How errors are sent, bodies are read and answers are described, for all routes. */
async function registerCommonParts(app: App): Promise<void> {
  registerProblemDetails(app);
  refuseStalledBodies(app, requestLimits);
  // Sets cookies; those of requests are read where a session is looked for.
  await app.register(cookies, { hook: false });
  registerBodyParsers(app);
  registerApiDescription(app);
}

/** What is refused before anything is done for it; accounts once it is known who asks. In lab mode nothing is, unless a setting says so. */
async function limitRequests(
  app: App,
  config: Config,
  askerOf: AskerOf,
  findAskers: () => void,
): Promise<void> {
  const inForce = (name: keyof typeof usualLimits) =>
    limitInForce(config[name], config.isLab, usualLimits[name]);
  const shedAbovePercent = inForce('shedAbovePercent');
  if (shedAbovePercent !== null) await shedLoad(app, shedAbovePercent);
  const limits = { perAddress: inForce('requestsPerAddress'), perAccount: inForce('requestsPerAccount') };
  await registerRateLimits(app, limits, createAccountOf(askerOf), findAskers);
}

function tellEdge(app: App, { candidate }: Config, askerOf: AskerOf, { lastHidings }: People): void {
  registerEdgeHeaders(app, {
    settings: candidate.edge,
    areCountsApart: candidate.counters.counter !== 'row',
    accountOf: createAccountOf(askerOf),
    lastHidings,
  });
}

type ClosedParts = {
  readonly app: App;
  readonly people: People;
  readonly counters: OpenCounters;
  readonly background: BackgroundTasks;
  readonly cache: Cache;
  readonly recorder: Recorder | null;
  readonly storage: Storage;
  readonly blobs: BlobStore;
};

/** In this order: what is under way needs what is closed after it. */
async function closeParts(parts: ClosedParts): Promise<void> {
  await closeHttpServer(parts.app);
  await parts.people.forget();
  await parts.background.settled(settleLimitMs);
  // Stores the likes that wait in its queue, which counts them.
  await parts.cache.close();
  await parts.counters.close();
  await parts.recorder?.close();
  await parts.storage.close();
  parts.blobs.close();
}

type FeatureParts = {
  readonly config: Pick<Config, 'candidate'>;
  readonly parts: RouteParts;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly renditions: RenditionService;
  readonly feedSource: FeedSource;
  readonly people: People;
  readonly counters: CounterService;
  readonly counts: PhotoCounts;
};

/** Every feature: its store, its service, its routes. */
function registerFeatures(app: App, features: FeatureParts): void {
  const { config, parts, cache, clock, storage, renditions, feedSource } = features;
  const { changes: counted, onTop: countsOnTop } = features.counts;
  const { rights, rightsChanges } = features.people;
  const photoStore = createPhotoStore(storage);
  const photoService = createPhotoService({ cache, rights, photoStore, renditions, countsOnTop });
  const feedService = createFeedService({
    cache,
    photoService,
    feedSource,
    clock,
    lifetimeMs: config.candidate.cache.feedTtlMs,
  });
  const profileService = createProfileService({ cache, rights, profileStore: createProfileStore(storage) });
  const followService = createFollowService({
    cache,
    rights,
    rightsChanges,
    followStore: createFollowStore(storage, counted),
    requestStore: createFollowRequestStore(storage, counted),
    countsOnTop,
  });
  const likeService = createLikeService({
    cache,
    photoService,
    likeStore: createLikeStore(storage, counted),
    clock,
    countsOnTop,
  });
  const commentStore = createCommentStore(storage);
  const commentService = createCommentService({ cache, rights, commentStore, photoService });

  registerPhotoRoutes(app, parts, photoService);
  registerFeedRoutes(app, parts, feedService);
  registerProfileRoutes(app, parts, profileService);
  registerFollowRoutes(app, parts, followService);
  registerLikeRoutes(app, parts, likeService);
  registerCommentRoutes(app, parts, commentService);
  registerCounterRoutes(app, parts, features.counters);
}
