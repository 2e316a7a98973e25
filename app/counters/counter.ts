import type { Queries } from '../storage/statement.ts';

export type CounterKey = { readonly namespace: string; readonly counter: string };

/** What moves a counter. The same token of the same time is the same event, in the modes that keep events. */
export type CounterEvent = {
  readonly delta: number;
  readonly token?: string;
  /** By the sender's clock. Absent: when it arrives. */
  readonly generationTimeMs?: number;
};

/** What clears a counter: to 0, and with it all events that were generated before. */
export type CounterClear = Omit<CounterEvent, 'delta'>;

export type Accepted = { readonly generationTimeMs: number };

export type Counted = {
  readonly count: number;
  /** All events up to then are in the count; null: nothing was rolled up. */
  readonly rolledUpToMs: number | null;
};

/** An event as the modes get it: checked, with a token and a whole millisecond. */
export type TimedEvent = {
  readonly delta: number;
  readonly isClear: boolean;
  readonly token: string;
  readonly timeMs: number;
};

/** How the counters of some namespaces count. */
export type CounterMode = {
  /** Inside `queries` where given, a transaction of the caller, if the mode writes to storage; `committed` is to be called after it. */
  write(key: CounterKey, event: TimedEvent, queries?: Queries): Promise<void>;
  writeAndGet(key: CounterKey, event: TimedEvent, queries?: Queries): Promise<Counted>;
  /** In the order of the keys; what is not known is 0. */
  getMany(keys: readonly CounterKey[]): Promise<readonly Counted[]>;
  /** What was written inside a transaction of the caller is there for all. */
  committed?(key: CounterKey): void;
  /** Finishes what waits. */
  close?(): Promise<void>;
};

/** One text for both parts: no namespace has a colon. */
export const idOf = ({ namespace, counter }: CounterKey): string => `${namespace}:${counter}`;

export function keyOf(id: string): CounterKey {
  const colon = id.indexOf(':');
  return { namespace: id.slice(0, colon), counter: id.slice(colon + 1) };
}
