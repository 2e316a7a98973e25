import { entityNames, pageSizes, readEntities } from '../../app/contract/entities.ts';
import type { EntityField } from '../../app/contract/entities.ts';
import { ownLifetimeMsOf } from '../../app/contract/entity-lifetimes.ts';
import type { OwnLifetimes } from '../../app/contract/entity-lifetimes.ts';
import { changesOf } from '../../app/contract/operations.ts';
import type { WriteName } from '../../app/contract/operations.ts';
import { reserveSizeOf } from './photo-reserve.ts';
import type { SocialGraph } from './social-graph.ts';
import type { PlannedRequest, Workload } from './workload.ts';

/** Requests that a world received in one go, evenly over a stretch of its clock. */
export type ReplayedPass = {
  readonly pass: number;
  readonly first: number;
  readonly requests: number;
  readonly startMs: number;
  readonly seconds: number;
  readonly isMeasured: boolean;
  /** The replicas were started anew before it, with empty memories. */
  readonly restartsBefore: boolean;
};

export type HitRatioSettings = {
  readonly workload: Pick<Workload, 'population' | 'requestAt'>;
  readonly graph: SocialGraph;
  readonly tiers: 'none' | 'memory' | 'redis' | 'memory+redis';
  readonly replicas: number;
  readonly ttlMs: number;
  readonly ownLifetimes: OwnLifetimes;
  /** Whether counts are kept apart from the rows: likes then change no row, and nothing that is cached. */
  readonly areCountsApart: boolean;
  readonly passes: readonly ReplayedPass[];
};

/**
 * Shares of all cache reads, from 0 to 1; `all` is the sum of the tiers. Two are modelled: `memory`, one in each replica, and `redis`,
 * which they share. A caller whose tiers are of other kinds says which of the two each stands for.
 */
export type HitRatios = { readonly memory: number; readonly redis: number; readonly all: number };

type Key = `${EntityField}:${number}`;

/**
 * Predicts what caches without faults reach: replays the requests of an experiment one by one, on schedule, against tiers
 * without a bound in size. Requests alternate over the replicas; memory is each replica's own, redis is shared; a write
 * removes what it changes everywhere. Left out: requests that overlap, TTL jitter, and likes that the seed has already, so a
 * real cache comes close from below.
 */
export function predictHitRatio(settings: HitRatioSettings): HitRatios {
  const { passes, replicas, workload } = settings;
  const tiers = createIdealTiers(settings);
  const storage = createStorageModel(settings, createKeysChangedBy(settings.areCountsApart));
  for (const { pass, first, requests, startMs, seconds, isMeasured, restartsBefore } of passes) {
    if (restartsBefore) tiers.forgetMemories();
    for (let within = 0; within < requests; within += 1) {
      const index = first + within;
      const nowMs = startMs + (within * 1000 * seconds) / requests;
      const request = workload.requestAt(pass, index);
      const read = (key: Key, ttlMs: number, exists: boolean): boolean =>
        tiers.read(key, { replica: index % replicas, nowMs, ttlMs, exists, isMeasured });
      for (const key of storage.write(request)) tiers.remove(key);
      readAll(request, settings, storage, read);
    }
  }
  return tiers.ratios();
}

type StorageModel = ReturnType<typeof createStorageModel>;

/** Asks the cache what a request asks it. */
function readAll(
  { operation, params }: PlannedRequest,
  { ttlMs, ownLifetimes }: HitRatioSettings,
  storage: StorageModel,
  read: (key: Key, ttlMs: number, exists: boolean) => boolean,
): void {
  if (!isRead(operation)) return;
  const { entity, param } = readEntities[operation];
  const id = params[param] ?? 0;
  const exists = param === 'userId' || storage.hasPhoto(id);
  const isHit = read(`${entity}:${id}`, ownLifetimeMsOf(entityNames[entity], ownLifetimes) ?? ttlMs, exists);
  if (entity !== 'feed') return;
  for (const photoId of storage.feedOf(id, isHit)) read(`photo:${photoId}`, ttlMs, storage.hasPhoto(photoId));
}

function isRead(operation: string): operation is keyof typeof readEntities {
  return operation in readEntities;
}

/** The keys that a write changes, from the id of each entity that the table lists for it with this candidate. */
const createKeysChangedBy =
  (areCountsApart: boolean) =>
  (write: WriteName, ids: { readonly [E in EntityField]?: number }): readonly Key[] =>
    changesOf(write, areCountsApart).flatMap((entity) => {
      const id = ids[entity];
      return id === undefined ? [] : [`${entity}:${id}` as const];
    });

type ReadContext = {
  readonly replica: number;
  readonly nowMs: number;
  readonly ttlMs: number;
  /** What does not exist is asked of storage each time: its absence is not cached. */
  readonly exists: boolean;
  readonly isMeasured: boolean;
};

/** Tiers of unlimited size that hold, per key, when it expires. */
function createIdealTiers({ tiers, replicas }: HitRatioSettings) {
  const hasMemory = tiers === 'memory' || tiers === 'memory+redis';
  const hasRedis = tiers === 'redis' || tiers === 'memory+redis';
  const memories = Array.from({ length: replicas }, () => new Map<Key, number>());
  const redis = new Map<Key, number>();
  const counts = { reads: 0, memory: 0, redis: 0 };

  const answer = (
    key: Key,
    { replica, nowMs, ttlMs, exists }: ReadContext,
  ): 'memory' | 'redis' | 'storage' => {
    const memory = memories[replica] as Map<Key, number>;
    if ((memory.get(key) ?? 0) > nowMs) return 'memory';
    const redisUntilMs = redis.get(key) ?? 0;
    const isInRedis = redisUntilMs > nowMs;
    if (!isInRedis && !exists) return 'storage';
    // Out of redis an entry comes with the lifetime that is left of it.
    const untilMs = isInRedis ? redisUntilMs : nowMs + ttlMs;
    if (hasMemory) memory.set(key, untilMs);
    if (hasRedis) redis.set(key, untilMs);
    return isInRedis ? 'redis' : 'storage';
  };
  return {
    /** Whether a tier answered. */
    read(key: Key, context: ReadContext): boolean {
      const tier = answer(key, context);
      if (context.isMeasured) {
        counts.reads += 1;
        if (tier !== 'storage') counts[tier] += 1;
      }
      return tier !== 'storage';
    },
    remove(key: Key): void {
      redis.delete(key);
      for (const memory of memories) memory.delete(key);
    },
    forgetMemories(): void {
      for (const memory of memories) memory.clear();
    },
    ratios(): HitRatios {
      const reads = Math.max(1, counts.reads);
      return {
        memory: counts.memory / reads,
        redis: counts.redis / reads,
        all: (counts.memory + counts.redis) / reads,
      };
    },
  };
}

type Modelled = Pick<HitRatioSettings, 'workload' | 'graph'>;
type KeysChangedBy = ReturnType<typeof createKeysChangedBy>;

/** As much of the database as decides what is read and what a write changes. */
function createStorageModel({ workload: { population }, graph }: Modelled, keysChangedBy: KeysChangedBy) {
  const following = graph.following.map((followed) => new Set(followed));
  // Ids grow with time, so the newest photos of a person are the last ones.
  const photosOf = following.map((): number[] => []);
  for (const [index, ownerId] of population.photoOwner.entries()) photosOf[ownerId - 1]?.push(index + 1);
  const deleted = new Set<number>();
  const liked = new Set<string>();
  // The reserve is older than all others: it stands on the first page of nobody who has some.
  let lastPhotoId = population.photoOwner.length + reserveSizeOf(population.photoOwner.length);

  const newestFirst = (userId: number): number[] => {
    const newest: number[] = [];
    for (const followedId of following[userId - 1] ?? [])
      newest.push(...(photosOf[followedId - 1] ?? []).slice(-pageSizes.feed));
    return newest.sort((a, b) => b - a).slice(0, pageSizes.feed);
  };

  const changeFollow = (write: 'follow' | 'unfollow', viewerId: number, userId: number): readonly Key[] => {
    const isFollowed = write === 'follow';
    const own = following[viewerId - 1];
    if (own === undefined || own.has(userId) === isFollowed) return [];
    if (isFollowed) own.add(userId);
    else own.delete(userId);
    return keysChangedBy(write, { followers: userId });
  };
  const like = (photoId: number, viewerId: number): readonly Key[] => {
    const pair = `${photoId} ${viewerId}`;
    if (deleted.has(photoId) || liked.has(pair)) return [];
    liked.add(pair);
    return keysChangedBy('like', { photo: photoId });
  };
  const remove = (photoId: number, ownerId: number): readonly Key[] => {
    if (deleted.has(photoId)) return [];
    deleted.add(photoId);
    const own = photosOf[ownerId - 1];
    const place = own?.indexOf(photoId) ?? -1;
    if (place >= 0) own?.splice(place, 1);
    return keysChangedBy('deletePhoto', { photo: photoId, comments: photoId, profileGrid: ownerId });
  };
  const post = (ownerId: number): readonly Key[] => {
    lastPhotoId += 1;
    photosOf[ownerId - 1]?.push(lastPhotoId);
    return keysChangedBy('post', { photo: lastPhotoId, comments: lastPhotoId, profileGrid: ownerId });
  };

  return {
    hasPhoto: (id: number): boolean => id >= 1 && id <= lastPhotoId && !deleted.has(id),
    feedOf: rememberFeeds(newestFirst),
    /** Carries a write out and returns the keys that it changes. A read changes none. */
    write({ operation, params, viewerId }: PlannedRequest): readonly Key[] {
      const photoId = params['photoId'] ?? 0;
      switch (operation) {
        case 'like':
          return like(photoId, viewerId);
        case 'comment':
        case 'editCaption':
          return deleted.has(photoId) ? [] : keysChangedBy(operation, { photo: photoId, comments: photoId });
        case 'deletePhoto':
          return remove(photoId, viewerId);
        case 'follow':
        case 'unfollow':
          return changeFollow(operation, viewerId, params['userId'] ?? 0);
        case 'post':
          return post(viewerId);
        default:
          return [];
      }
    },
  };
}

/** The ids on a feed's first page: as they were cached, or gathered anew. */
function rememberFeeds(gather: (userId: number) => readonly number[]) {
  const feeds = new Map<number, readonly number[]>();
  return (userId: number, isCached: boolean): readonly number[] => {
    const cached = isCached ? feeds.get(userId) : undefined;
    if (cached !== undefined) return cached;
    const ids = gather(userId);
    feeds.set(userId, ids);
    return ids;
  };
}
