import type { DeliveryChange } from '../cache-events.ts';

/** Hears of keys that others have written. */
export type InvalidationListener = {
  /** Someone else has written it. Null: that version is not known. */
  readonly onInvalidation: (key: string, version: number | null) => void;
  /** Storage has committed it, whoever wrote. Resolves to false when a tier could not be told. */
  readonly onChange: (key: string, version: number) => Promise<boolean>;
  /** Invalidations may have been lost, or are heard again from now on. */
  readonly onDelivery: (change: DeliveryChange) => void;
};

/** What a writer tells the other replicas with. Sends in the background; a failure is an event, and a loss that the listeners notice. */
export type InvalidationSender = { publish(key: string, version: number): void };

/** Where invalidations come from: the bus, the pushes of Redis, or storage's change stream. Says `resumed` once it hears. */
export type InvalidationSource = {
  readonly sender: InvalidationSender | null;
  start(): Promise<void>;
  stop(): Promise<void>;
};
