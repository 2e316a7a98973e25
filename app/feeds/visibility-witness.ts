import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Queries } from '../storage/statement.ts';
import { createSightingStore } from './sighting-store.ts';
import type { SightingStore, Witnesses } from './sighting-store.ts';
import { postTinyPhoto, readFeedPage } from './witness-requests.ts';

export type FeedWitnessParts = {
  readonly storage: Queries;
  /** Of the world: while it stands still, the witness waits with it. */
  readonly clock: Clock;
  readonly onTrouble: (reason: unknown) => void;
};

export type FeedWitness = {
  /** Tells it where the replicas listen; until then it waits. */
  readonly meet: (service: readonly string[]) => void;
  stop(): Promise<void>;
};

/** The follower's eyes: what can be seen is seen this much later at most. */
const lookEveryMs = 100;
const postEveryMs = 1_000;
/** What is not seen by then is given up. Longer than a feed lives in a cache by default. */
const giveUpAfterMs = 30_000;
/** More than are posted until the first of them is given up. */
const unseenMax = 60;
/** A feed that has just been read anew may have more new posts than a page has. */
const pagesMax = 4;

/**
 * Posts once a second as one person, and looks ten times a second as that person's only follower, asking one replica after the other
 * as people do. It looks also when it has seen everything: each world is asked as often as the others, however late it shows posts.
 * What it has seen, and when, goes into the database of the world.
 */
export function createFeedWitness({ storage, clock, onTrouble }: FeedWitnessParts): FeedWitness {
  const store = createSightingStore(storage);
  const stopping = new AbortController();
  let service: readonly string[] = [];
  const running = watch({ store, clock, onTrouble, service: () => service, signal: stopping.signal });
  return {
    meet: (replicas) => {
      service = replicas;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

type WatchParts = Omit<FeedWitnessParts, 'storage'> & {
  readonly store: SightingStore;
  readonly service: () => readonly string[];
  readonly signal: AbortSignal;
};

/** Rejects nothing. */
async function watch(parts: WatchParts): Promise<void> {
  const { store, clock, service, signal, onTrouble } = parts;
  let people: Witnesses | undefined;
  let lastMs = 0;
  let postedAtMs = 0;
  const eyes = createEyes(parts);
  for (let look = 0; !signal.aborted; look += 1) {
    await wait(lookEveryMs, undefined, { signal }).catch(() => {});
    const nowMs = clock.now();
    const replicas = service();
    if (nowMs === lastMs || replicas.length === 0 || signal.aborted) continue;
    lastMs = nowMs;
    const replica = (at: number): string => replicas[at % replicas.length] ?? '';
    try {
      people ??= await store.loadWitnesses();
      if (people === undefined) continue;
      if (nowMs - postedAtMs >= postEveryMs && eyes.unseen() < unseenMax) {
        postedAtMs = nowMs;
        eyes.post(replica(Math.floor(nowMs / postEveryMs)), people.authorId);
      }
      await eyes.look(replica(look), people.followerId);
    } catch (error) {
      if (!signal.aborted) onTrouble(error);
    }
  }
  await eyes.settled();
}

/** Posts that were not seen yet, and the looking for them. */
function createEyes({ store, clock, onTrouble, signal }: WatchParts) {
  /** When the posts that were not seen yet were answered, by their ids. */
  const unseen = new Map<number, number>();
  /** What the last look saw: a post may be seen before its answer is here. */
  let lastSeen: ReadonlySet<number> = new Set();
  const posting = new Set<Promise<void>>();

  const note = async (postId: number, postedAtMs: number, seenAfterMs: number, isTimeout: boolean) => {
    unseen.delete(postId);
    await store.add({ postId, postedAtMs, seenAfterMs, isTimeout });
  };
  const post = async (service: string, authorId: number): Promise<void> => {
    const id = await postTinyPhoto(service, authorId, signal);
    const answeredAtMs = clock.now();
    if (lastSeen.has(id)) await note(id, answeredAtMs, 0, false);
    else unseen.set(id, answeredAtMs);
  };
  /**
   * Reads pages from the newest on, until it is past the oldest post that it looks for. Where it looks for none, it
   * reads one page.
   */
  const readNew = async (service: string, followerId: number): Promise<Set<number>> => {
    const seen = new Set<number>();
    const oldest = Math.min(...unseen.keys());
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const { ids, nextCursor } = await readFeedPage(service, followerId, cursor, signal);
      for (const id of ids) seen.add(id);
      if (nextCursor === null || (ids.at(-1) ?? 0) <= oldest) break;
      cursor = nextCursor;
    }
    return seen;
  };

  return {
    unseen: () => unseen.size + posting.size,
    /** Not waited for: looking goes on meanwhile. */
    post(service: string, authorId: number): void {
      const work = post(service, authorId)
        .catch((error: unknown) => {
          if (!signal.aborted) onTrouble(error);
        })
        .finally(() => posting.delete(work));
      posting.add(work);
    },
    async look(service: string, followerId: number): Promise<void> {
      lastSeen = await readNew(service, followerId);
      const nowMs = clock.now();
      for (const [id, postedAtMs] of [...unseen]) {
        const afterMs = nowMs - postedAtMs;
        if (lastSeen.has(id)) await note(id, postedAtMs, afterMs, false);
        else if (afterMs >= giveUpAfterMs) await note(id, postedAtMs, giveUpAfterMs, true);
      }
    },
    settled: async () => void (await Promise.all(posting)),
  };
}
