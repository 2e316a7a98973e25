/** The images that one viewer's browser keeps. */
export type BrowserStore = {
  /** Whether it has an image; if not, it has it from now on. */
  show(name: string, bytes: number): boolean;
};

/**
 * Keeps images for good, since their bytes never change under their names (`Cache-Control: immutable`), and lets go of those that
 * were shown longest ago when they take more than `bytesMax` together.
 */
export function createBrowserStore(bytesMax: number): BrowserStore {
  // In the order in which they were last shown.
  const kept = new Map<string, number>();
  let bytesKept = 0;
  const dropOldest = (): void => {
    for (const [name, bytes] of kept) {
      if (bytesKept <= bytesMax) return;
      kept.delete(name);
      bytesKept -= bytes;
    }
  };
  return {
    show(name, bytes) {
      const isKept = kept.delete(name);
      kept.set(name, bytes);
      if (isKept) return true;
      bytesKept += bytes;
      dropOldest();
      return false;
    },
  };
}
