import type { Queries } from '../../storage/statement.ts';
import type { CounterKey, TimedEvent } from '../counter.ts';
import type { HashText } from '../counter-hash.ts';
import type { CounterNamespaces } from '../counter-namespaces.ts';
import { eventStore } from '../event-store.ts';
import type { EventRange, EventSum } from '../event-store.ts';

/** The log of events, as the modes use it that keep one. */
export type EventLog = {
  append(key: CounterKey, event: TimedEvent, queries?: Queries): Promise<void>;
  /** All events after each checkpoint, also those that may still be joined by older ones. */
  sumSince(since: readonly Since[], queries?: Queries): Promise<readonly EventSum[]>;
};

export type Since = CounterKey & Pick<EventRange, 'base' | 'fromMs'>;

export type EventLogParts = {
  readonly storage: Queries;
  readonly namespaces: CounterNamespaces;
  readonly hash: HashText;
  /** Told how many events a read has summed. */
  readonly observe: (events: number) => void;
};

export function createEventLog({ storage, namespaces, hash, observe }: EventLogParts): EventLog {
  const bucketsOf = ({ namespace }: CounterKey): number => namespaces.get(namespace)?.buckets ?? 1;
  return {
    append: (key, event, queries = storage) =>
      eventStore.append(queries, key, event, hash(event.token) % bucketsOf(key)),
    async sumSince(since, queries = storage) {
      const sums = await eventStore.sum(
        queries,
        since.map((one) => ({ ...one, buckets: bucketsOf(one), toMs: null })),
      );
      observe(sums.reduce((all, { events }) => all + events, 0));
      return sums;
    },
  };
}
