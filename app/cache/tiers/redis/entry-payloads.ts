import type { Clock } from '../../../clock.ts';
import type { CacheObserver } from '../../cache-events.ts';
import type { Payload } from '../../../redis/redis-scripts.ts';
import type { Codec } from '../../codec.ts';
import type { Entry } from '../../entry.ts';
import { entityNameOf } from '../../keys.ts';
import type { TierHit } from '../tier.ts';

type PayloadOptions = {
  readonly tier: string;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly observe: CacheObserver;
};

export type EntryPayloads = {
  /** Null for a value that cannot be said: it is not kept. */
  encode(key: string, entry: Entry): Payload | null;
  /** Undefined for what is not there, not ours, a tombstone, or past its time: a miss. */
  hitOf(key: string, payload: Payload | null | undefined): TierHit | undefined;
};

/** The codec with an observer, which is told of bytes that are not ours and of values that it cannot say. */
export function createEntryPayloads({ tier, codec, clock, observe }: PayloadOptions): EntryPayloads {
  const tell = (key: string, operation: 'encode' | 'decode') =>
    observe.happened({
      type: 'tier-operation',
      name: entityNameOf(key),
      tier,
      operation,
      result: 'error',
      durationMs: 0,
    });
  return {
    encode(key: string, entry: Entry): Payload | null {
      try {
        return codec.encode(entry);
      } catch {
        tell(key, 'encode');
        return null;
      }
    },
    hitOf(key: string, payload: Payload | null | undefined): TierHit | undefined {
      if (payload === null || payload === undefined) return undefined;
      const stored = codec.decode(payload);
      if (stored === null) tell(key, 'decode');
      if (stored?.kind !== 'entry' || clock.now() >= stored.entry.staleUntil) return undefined;
      return { entry: stored.entry };
    },
  };
}
