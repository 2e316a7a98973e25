/** A write whose answer the edge has passed on: what it changed, and the version that this has since. */
type Acknowledged = { readonly version: number; readonly atMs: number };

export type AcknowledgedWrites = {
  /** What is deleted has an infinite version. */
  readonly acknowledged: (key: string, version: number, atMs: number) => void;
  /**
   * How long before it was asked for, a page of this version lacked what had been acknowledged; null: it shows all of it. By the first of
   * the writes that it does not show.
   */
  readonly outdatedForMs: (key: string, version: number, askedAtMs: number) => number | null;
};

/** Things that were written of late. Beyond this, those that were written longest ago are forgotten, and counted as shown. */
const keysMax = 20_000;
/** Writes of one thing. Of more within the time that a page stays outdated, the first are forgotten, and its age is a lower bound. */
const writesMax = 16;

/**
 * Knows which writes were acknowledged, and so what a page must show that is asked for later. Of what goes through the edge alone, by the
 * clock of one machine. Lines of a log come in the order in which requests end: a page that was answered before the line of a write
 * that had ended earlier is not held against it.
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
