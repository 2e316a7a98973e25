/** A write whose answer the edge has passed on: what it changed, and the version that this has since. */
type Acknowledged = { readonly version: number; readonly atMs: number };

export type AcknowledgedWrites = {
  /** Notes a write of a thing. What is deleted has an infinite version. */
  readonly acknowledged: (key: string, version: number, atMs: number) => void;
  /**
   * How long a page of this version was outdated already when it was asked for: the time since the first acknowledged
   * write that it does not show. Null where it shows all of them.
   */
  readonly outdatedForMs: (key: string, version: number, askedAtMs: number) => number | null;
};

/**
 * How many things are remembered that were written lately. Of more, those that were written longest ago are
 * forgotten, and every page counts as showing their writes.
 */
const keysMax = 20_000;
/**
 * How many writes of one thing are remembered. Where there are more while a page stays outdated, the first are
 * forgotten, and the time for which the page was outdated is a lower bound.
 */
const writesMax = 16;

/**
 * Knows which writes were acknowledged, and so what a page must show that is asked for later. It knows only what goes
 * through the edge, by the clock of one machine. Lines of a log come in the order in which requests end: a page that
 * was answered before the line of a write that had ended earlier is not held against it.
 */
export function createAcknowledgedWrites(): AcknowledgedWrites {
  // In the order of the last writes.
  const known = new Map<string, readonly Acknowledged[]>();
  return {
    acknowledged(key, version, atMs) {
      const before = known.get(key) ?? [];
      known.delete(key);
      known.set(key, [...before, { version, atMs }].slice(-writesMax));
      for (const oldest of known.keys()) {
        if (known.size <= keysMax) return;
        known.delete(oldest);
      }
    },
    outdatedForMs(key, version, askedAtMs) {
      const missing =
        known.get(key)?.filter((write) => write.version > version && write.atMs < askedAtMs) ?? [];
      return missing.length === 0 ? null : askedAtMs - Math.min(...missing.map(({ atMs }) => atMs));
    },
  };
}
