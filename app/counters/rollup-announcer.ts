import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import { workerOf } from './counter-hash.ts';
import type { HashText } from './counter-hash.ts';
import type { CounterObserver } from './counter-observer.ts';
import type { CounterRedis } from './counter-redis.ts';

/** Many hints go in one message, and those of a counter that many raise are one. */
const gatherMs = 20;
/** So many counters may wait for the next message; a read finds what is left out. */
const waitingMax = 20_000;
const countersPerMessage = 500;

/** The channel of one of the workers. */
export const announcementChannel = (keyPrefix: string, worker: number): string =>
  `${keyPrefix}counter-rollups:${worker}`;

/** What a message says: ids of counters that may have something to roll up, and nothing of how much. */
export const formatAnnouncement = (ids: readonly string[]): string => ids.join(' ');
export const parseAnnouncement = (message: string): readonly string[] =>
  message.split(' ').filter((id) => id.includes(':'));

/** Tells rollup workers of counters, and does not wait for anything. */
export type RollupAnnouncer = {
  announce(keys: readonly CounterKey[]): void;
  /** Sends what waits. */
  close(): Promise<void>;
};

export type RollupAnnouncerParts = {
  readonly redis: CounterRedis;
  readonly workers: number;
  readonly hash: HashText;
  readonly observe: CounterObserver['announced'];
};

export function createRollupAnnouncer(parts: RollupAnnouncerParts): RollupAnnouncer {
  const { redis, workers, hash, observe } = parts;
  let waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const sendTo = async (worker: number, ids: readonly string[]): Promise<void> => {
    const channel = announcementChannel(redis.keyPrefix, worker);
    for (let first = 0; first < ids.length; first += countersPerMessage) {
      const some = ids.slice(first, first + countersPerMessage);
      await redis.publish(channel, formatAnnouncement(some)).then(
        () => observe('sent', some.length),
        () => observe('dropped', some.length),
      );
    }
  };
  const send = async (): Promise<void> => {
    timer = undefined;
    const ids = waiting;
    waiting = new Set();
    const shares = Map.groupBy(ids, (id) => workerOf(hash(id), workers));
    await Promise.all([...shares].map(([worker, some]) => sendTo(worker, some)));
  };
  return {
    announce(keys) {
      for (const key of keys) {
        const id = idOf(key);
        if (waiting.has(id)) observe('coalesced', 1);
        else if (waiting.size >= waitingMax) observe('dropped', 1);
        else waiting.add(id);
      }
      timer ??= setTimeout(() => void send(), gatherMs);
    },
    async close() {
      clearTimeout(timer);
      await send();
    },
  };
}
