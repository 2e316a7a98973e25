import type { ReadOutcome } from './cache.ts';

/**
 * What a source of invalidations notices of its own messages. `disconnected`: none arrives from now on, until `resumed`.
 * `loss-noticed`: some have not arrived, though the connection stands; which keys they were about is not known.
 */
export type DeliveryChange = 'disconnected' | 'resumed' | 'loss-noticed';

/** What happens in the cache beside reads, told to observers. */
export type CacheEvent =
  | { readonly type: 'loading'; readonly name: string }
  | {
      readonly type: 'loaded';
      readonly name: string;
      readonly keys: number;
      readonly durationMs: number;
      readonly isFailed: boolean;
    }
  /** A load in the background that a read has asked for and does not wait for. */
  | { readonly type: 'refresh'; readonly name: string; readonly outcome: 'started' | 'failed' | 'skipped' }
  /** A request for the right to load: had, or given to another replica, or Redis could not be asked. */
  | {
      readonly type: 'lease';
      readonly name: string;
      readonly outcome: 'granted' | 'waited' | 'gave-up' | 'unavailable';
    }
  | {
      readonly type: 'tier-operation';
      readonly name: string;
      readonly tier: string;
      /** `decode`, `encode`: only told when they fail, with `error`. The bytes are not ours, or the codec cannot say the value. */
      readonly operation: 'get' | 'mget' | 'set' | 'delete' | 'lease' | 'decode' | 'encode';
      readonly result: 'hit' | 'miss' | 'ok' | 'error' | 'refused';
      readonly durationMs: number;
    }
  | { readonly type: 'fill-rejected'; readonly name: string; readonly tier: string }
  | {
      readonly type: 'evicted';
      readonly name: string;
      readonly tier: string;
      readonly reason: 'size' | 'ttl' | 'flush';
      readonly count: number;
    }
  | {
      readonly type: 'invalidation';
      readonly name: string;
      readonly outcome: 'sent' | 'received' | 'failed';
      /** Of a received one: how long it was on its way, where its sender or storage said when it left. */
      readonly lagMs?: number;
      /** Of a received one: the trace context of the write (W3C traceparent), where that is traced. */
      readonly traceparent?: string;
    }
  /**
   * Writes and the queue. `appended`, or not, because it was `full` or Redis `unavailable`. `flushed`: storage has them;
   * `failed`: it was not there or took nothing, and they wait on; `refused`: it does not allow what is in them, and they are
   * tried again; `set-aside`: it has refused them too often.
   */
  | {
      readonly type: 'queue';
      readonly outcome: 'appended' | 'full' | 'unavailable' | 'flushed' | 'failed' | 'refused' | 'set-aside';
      readonly count: number;
    }
  /** How many writes wait, whichever replica has put them there. */
  | { readonly type: 'queue-length'; readonly writes: number }
  /** How long the oldest write of a batch has waited for its commit. */
  | { readonly type: 'queue-wait'; readonly durationMs: number }
  | { readonly type: 'delivery'; readonly change: DeliveryChange };

/**
 * What is told of the cache; metrics and spans are made from it, and no strategy mentions them. Reads come as plain calls,
 * since they happen once per key. `asked` is told before any tier is asked, `answered` when the answer is known, so the two
 * can be held against each other: asked = hits + stale hits + loads + joined loads + bypasses.
 */
export type CacheObserver = {
  asked(name: string, count: number): void;
  answered(name: string, outcome: ReadOutcome, count: number): void;
  happened(event: CacheEvent): void;
};
