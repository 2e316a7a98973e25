import type { ReadOutcome } from './cache.ts';

export type TierName = 'memory' | 'redis';

/**
 * What happens in the cache, told to observers; metrics and spans are made from these, and no strategy mentions them.
 * `asked` is told before any tier is asked, `answered` once per key when its answer is known, so the two can be held
 * against each other: asked = memory hits + redis hits + loads + joined loads + bypasses.
 */
export type CacheEvent =
  | { readonly type: 'asked'; readonly name: string; readonly count: number }
  | { readonly type: 'answered'; readonly name: string; readonly outcome: ReadOutcome }
  | {
      readonly type: 'loaded';
      readonly name: string;
      readonly keys: number;
      readonly durationMs: number;
      readonly isFailed: boolean;
    }
  | {
      readonly type: 'tier-operation';
      readonly name: string;
      readonly tier: TierName;
      /** `decode`, `encode`: only told when they fail, with `error`. The bytes are not ours, or JSON cannot say the value. */
      readonly operation: 'get' | 'mget' | 'set' | 'delete' | 'decode' | 'encode';
      readonly result: 'hit' | 'miss' | 'ok' | 'error' | 'refused';
      readonly durationMs: number;
    }
  | { readonly type: 'fill-rejected'; readonly name: string; readonly tier: TierName }
  | {
      readonly type: 'evicted';
      readonly name: string;
      readonly tier: TierName;
      readonly reason: 'size' | 'ttl' | 'flush';
      readonly count: number;
    }
  | { readonly type: 'invalidation'; readonly name: string; readonly outcome: 'sent' | 'received' | 'failed' }
  | { readonly type: 'bus-unsure'; readonly reason: 'gap' | 'cut' | 'back' };

export type CacheObserver = (event: CacheEvent) => void;
