import type { KeyKind } from './key-kinds.ts';
import type { SlotTable } from './slot-table.ts';

/** Values by key, bounded in bytes; the policy decides who has to go. All immediate: no promises, no clock. */
export interface BoundedStore<V> {
  /** Counts as a use. */
  get(key: string): V | undefined;
  /** Does not count as a use. */
  peek(key: string): V | undefined;
  /**
   * May evict others, or not keep the new one when it is larger than the bound or not admitted. `bytes` is a whole number above
   * 0.
   */
  set(key: string, value: V, bytes: number): void;
  /** Not an eviction. */
  delete(key: string): boolean;
  clear(): void;
  keys(): Iterable<string>;
  readonly size: number;
  readonly bytes: number;
}

export type BoundedStoreOptions<V> = {
  readonly bytesMax: number;
  readonly onEvict: (key: string, value: V) => void;
};

/** A policy as the list knows it. It decides over slots, whatever the keys and values in them are. */
export type EvictionPolicy = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** In how many lists it keeps entries. */
  readonly lists: number;
  readonly decide: <K>(parts: SlotPolicyParts<K>) => SlotPolicy<K>;
  /** A store of texts that does the same in another way. Absent: slots. */
  readonly createStore?: <V extends object>(options: BoundedStoreOptions<V>) => BoundedStore<V>;
};

/** What a policy is made of. */
export type SlotPolicyParts<K> = {
  readonly table: SlotTable<K>;
  readonly keyKind: KeyKind<K>;
  readonly bytesMax: number;
  /** Takes a slot out of the table, as an eviction. */
  readonly evict: (slot: number) => void;
  /** The same, and the key stays in the table as a ghost, until the policy removes that. */
  readonly bury: (slot: number) => void;
};

/** What differs between policies. */
export type SlotPolicy<K> = {
  /** The table has that many slots now. Told once at first. */
  grown(capacity: number): void;
  /** A hit, or a new value for a key that is there. */
  used(slot: number): void;
  /** The list for a new key, after evicting until `bytes` more fit. */
  listFor(key: K, bytes: number): number;
  /** The new key is in its slot. May evict it again. */
  added(slot: number): void;
  /** Evicts one entry. Only asked while there is one. */
  evictOne(): void;
  /** A slot is about to leave, for whatever reason. */
  leaves(slot: number): void;
  cleared(): void;
};

/** For policies that need not be told everything. */
export const indifferent: SlotPolicy<unknown> = {
  grown: () => {},
  used: () => {},
  listFor: () => 0,
  added: () => {},
  evictOne: () => {},
  leaves: () => {},
  cleared: () => {},
};
