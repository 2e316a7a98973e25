import type { CachedEntity, CacheWrite, Freshness } from '../../app/cache/cache.ts';
import { makeKey } from '../../app/cache/keys.ts';

/** A load that was stopped on its way back, after storage had answered. */
export type HeldLoad = { readonly ids: readonly number[]; release(): void; fail(reason: unknown): void };

/**
 * Storage in the test: rows with versions, a count of what was loaded, and loads that can be held after they have read
 * their rows, which is how a slow load comes to bring an old value.
 */
export type HeldStorage = {
  readonly entity: CachedEntity<number, string>;
  versionOf(id: number): number;
  /** The version of the row's last removal; 0 when it was never removed. */
  removedVersionOf(id: number): number;
  isGone(id: number): boolean;
  /** A write that raises the row's version; the value says which one it is. */
  write(id: number): CacheWrite<number>;
  remove(id: number): CacheWrite<number>;
  /** The next load stops after reading. Resolves once it has read. */
  holdNextLoad(): Promise<HeldLoad>;
  /** Ids of every call of `loadMany`, in order. */
  readonly loads: (readonly number[])[];
};

export function createHeldStorage(
  options: {
    name?: string;
    freshness?: Freshness;
    between?: () => Promise<void>;
    /** Told of each commit at once, in order. */
    onCommit?: (key: string, version: number) => void;
  } = {},
): HeldStorage {
  const { name = 'photo', freshness = 'versioned', between = async () => {}, onCommit = () => {} } = options;
  const rows = new Map<number, { readonly version: number; readonly isGone: boolean }>();
  const removals = new Map<number, number>();
  const loads: (readonly number[])[] = [];
  let waiting: ((held: HeldLoad) => void)[] = [];
  const rowOf = (id: number) => rows.get(id) ?? { version: 1, isGone: false };

  const change = (id: number, isGone: boolean): CacheWrite<number> => ({
    expected: [{ entity: { name }, id }],
    async store() {
      await between();
      const version = rowOf(id).version + 1;
      rows.set(id, { version, isGone });
      if (isGone) removals.set(id, version);
      onCommit(makeKey(name, id), version);
      await between();
      return { result: version, changed: [{ entity: { name }, id, version }] };
    },
  });

  return {
    entity: {
      name,
      freshness,
      async loadMany(ids) {
        loads.push(ids);
        await between();
        const found = ids
          .map((id) => ({ id, ...rowOf(id) }))
          .filter(({ isGone }) => !isGone)
          .map(({ id, version }) => [id, { value: `${name} ${id} v${version}`, version }] as const);
        const hold = waiting.shift();
        if (hold !== undefined) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          hold({ ids, release: resolve, fail: reject });
          await promise;
        }
        await between();
        return new Map(found);
      },
    },
    versionOf: (id) => rowOf(id).version,
    removedVersionOf: (id) => removals.get(id) ?? 0,
    isGone: (id) => rowOf(id).isGone,
    write: (id) => change(id, false),
    remove: (id) => change(id, true),
    holdNextLoad() {
      const { promise, resolve } = Promise.withResolvers<HeldLoad>();
      waiting = [...waiting, resolve];
      return promise;
    },
    loads,
  };
}
