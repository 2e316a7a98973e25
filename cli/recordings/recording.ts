import { tierNames } from '../../app/cache/tiers/index.ts';
import type { FollowerDistribution } from '../../loadtests/workloads/population-size.ts';

/** The version of the format that `darkroom record` writes: a row for each event, sorted by time. */
export const recordingVersion = 1;

/** What may have happened. The numbers that stand for them in columns are their places here. */
export const eventNames = ['read', 'write', 'remove', 'request'] as const;
export type EventName = (typeof eventNames)[number];

/** Who answered a read: a tier, by its name, or somebody else; '' where that is not known. */
export const outcomeNames = ['', ...tierNames, 'storage', 'joined', 'bypass'] as const;
export type OutcomeName = (typeof outcomeNames)[number];

/** The number of an event whose request, or whose replica, is not known. */
export const unknownRequest = -1;
export const unknownReplica = -1;
/** Nobody in particular, or not known. */
export const unknownViewer = 0n;

/** How many rows are held in memory while a file is read or written. */
export const batchRowsMax = 65_536;

/** What a recording says of itself, under `darkroom` in the key-value metadata of its file. */
export type RecordingMeta = {
  readonly version: typeof recordingVersion;
  /** Where it comes from, for people: `load feed-browsing`, `nginx`. */
  readonly source: string;
  /** Of the seeded population whose people and photos the identifiers name; absent where there was none. */
  readonly seed?: number;
  readonly people?: number;
  readonly photos?: number;
  readonly followers?: FollowerDistribution;
  readonly replicas?: number;
  readonly candidate?: string;
  /** Whether identifiers are hashed, with a key that nobody keeps, or as they were. */
  readonly identifiers: 'hashed' | 'plain';
  /** Why the recording ended before the load or service that it records; absent: it did not. */
  readonly cut?: string;
};

/** One event. Of a request, `class` is its operation and `key` its subject. */
export type RecordedEvent = {
  readonly timeUs: number;
  readonly event: EventName;
  /** The events of one request share its number. */
  readonly request: number;
  readonly class: string;
  readonly key: bigint;
  /**
   * Size of the value alone, without what an entry costs beside it; 0: it is not known, or there is no value.
   */
  readonly bytes: number;
  /** 0: none, or not known. */
  readonly lifetimeMs: number;
  readonly viewer: bigint;
  readonly replica: number;
  readonly outcome: OutcomeName;
};

/** Reads of caches, and the writes and removals between them. The columns are of equal length. */
export type Reads = {
  readonly length: number;
  readonly timeUs: Float64Array;
  /** Dense: 0 is the object that appeared first. An object is a key of a class. */
  readonly object: Uint32Array;
  /** 0 read, 1 write, 2 remove. */
  readonly event: Uint8Array;
  /** Places in `classes()`. */
  readonly class: Uint16Array;
  readonly bytes: Uint32Array;
  readonly lifetimeMs: Uint32Array;
  /** -1: not known. */
  readonly replica: Int16Array;
};

export function createReads(rows: number): Reads {
  return {
    length: rows,
    timeUs: new Float64Array(rows),
    object: new Uint32Array(rows),
    event: new Uint8Array(rows),
    class: new Uint16Array(rows),
    bytes: new Uint32Array(rows),
    lifetimeMs: new Uint32Array(rows),
    replica: new Int16Array(rows),
  };
}

/** What `simulate` takes. Both counts grow while batches are read. */
export type ReadsSource = {
  readonly meta: RecordingMeta;
  /** Others wrote it: its objects are none of ours. */
  readonly isForeign: boolean;
  readonly classes: () => readonly string[];
  readonly objects: () => number;
  /** A batch is only valid until the next one is asked for. May be called again: objects and classes keep their numbers. */
  readonly batches: () => AsyncIterable<Reads>;
  /** Requests that were left out so far, since they took minutes; absent: none can be. */
  readonly late?: () => number;
};

export type RecordedRequest = {
  readonly timeUs: number;
  readonly operation: string;
  readonly subject: bigint;
  readonly viewer: bigint;
  readonly request: number;
};

/** What `replay` takes. */
export type RequestsSource = {
  readonly meta: RecordingMeta;
  readonly isForeign: boolean;
  readonly requests: () => AsyncIterable<RecordedRequest>;
  /** Requests that were left out so far, since they took minutes; absent: none can be. */
  readonly late?: () => number;
};
