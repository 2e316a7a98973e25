import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { readThrough } from './read-through.ts';

/**
 * **stale-while-revalidate**: for a while after its TTL an entry still answers, and is loaded anew behind the answer
 * ([RFC 5861, section 3](https://www.rfc-editor.org/rfc/rfc5861#section-3)). Nobody waits for storage when an entry expires.
 * Until the new one is there, all who ask get the old one, which may be as old as TTL and `stale` together. Only time makes an
 * entry stale: one that a write has invalidated is gone and never served.
 */
export const staleWhileRevalidate: TieredDefinition = {
  ...readThrough,
  name: 'stale-while-revalidate',
  summary: 'an expired entry goes on answering, for a bounded time, while it is loaded anew',
  parameters: ['stale'],
  decisions: ({ candidate }) => ({
    decide(entry, nowMs) {
      if (nowMs < entry.freshUntil) return 'serve';
      return nowMs < entry.staleUntil ? 'serve-and-refresh' : 'load';
    },
    staleMs: candidate.staleMs,
    write: storeThenInvalidate,
  }),
};
