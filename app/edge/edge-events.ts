import type { EdgeClass, EdgeOutcome } from '../contract/edge-metrics.ts';

/** A request that came to the edge and was answered. */
export type EdgeRequest = {
  readonly class: EdgeClass;
  readonly outcome: EdgeOutcome;
  readonly method: string;
  readonly status: number;
  /** How many bytes the body had that was sent. */
  readonly bytes: number;
  readonly durationUs: number;
};

/** Hears what happens at the edge. */
export type EdgeObserver = {
  readonly answered: (request: EdgeRequest) => void;
  /** A write had so many objects removed. */
  readonly purged: (objects: number) => void;
  /** A page lacked a write that had been acknowledged so long before it was asked for. */
  readonly outdated: (outcome: EdgeOutcome, forMs: number) => void;
};

/** What the HTTP cache says of itself since it was started. */
export type EdgeUsage = {
  readonly objects: number;
  readonly memoryBytes: number;
  readonly evictions: number;
  readonly refreshes: number;
};
