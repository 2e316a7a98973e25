/** Hears of keys that others have written. */
export type InvalidationListener = {
  /** Null: which version was written is not known. */
  readonly onInvalidation: (key: string, version: number | null) => void;
  /** Invalidations may have been lost: `cut` until it says `back`, or once, at a `gap`. */
  readonly onUnsure: (what: 'gap' | 'cut' | 'back') => void;
};

/** What a writer tells the other replicas with. Sends in the background; a failure is an event, and a gap for who listens. */
export type InvalidationSender = { publish(key: string, version: number): void };

/** Where invalidations come from: the bus, the pushes of Redis, or storage's change stream. Says `back` once it hears. */
export type InvalidationSource = {
  readonly sender: InvalidationSender | null;
  start(): Promise<void>;
  stop(): Promise<void>;
};
