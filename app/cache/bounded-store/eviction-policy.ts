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

/** A policy as the list knows it. */
export type EvictionPolicy = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  readonly create: <V extends object>(options: BoundedStoreOptions<V>) => BoundedStore<V>;
};
