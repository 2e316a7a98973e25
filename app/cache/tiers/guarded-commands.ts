import type { CacheEvent, CacheObserver } from '../cache-events.ts';
import type { CircuitBreaker } from '../circuit-breaker.ts';
import { entityNameOf } from '../keys.ts';

type TierEvent = Extract<CacheEvent, { type: 'tier-operation' }>;

/** What became of a command: a reply, an error that the server replied, or nothing within the time allowed. */
export type Answer<T> =
  { readonly kind: 'reply'; readonly reply: T } | { readonly kind: 'refusal' | 'silence' };

/** Runs a command of the redis tier behind its breaker, and tells how it went. Never rejects. */
export type RunCommand = <T>(
  key: string,
  operation: TierEvent['operation'],
  command: () => Promise<T>,
  resultOf?: (reply: T) => 'hit' | 'miss' | 'ok',
) => Promise<Answer<T>>;

export function createRunCommand(
  breaker: CircuitBreaker,
  observe: CacheObserver,
  isRefusal: (error: unknown) => boolean,
): RunCommand {
  return async (key, operation, command, resultOf = () => 'ok') => {
    const startedAtMs = performance.now();
    const tell = (result: TierEvent['result']) =>
      observe.happened({
        type: 'tier-operation',
        name: entityNameOf(key),
        tier: 'redis',
        operation,
        result,
        durationMs: performance.now() - startedAtMs,
      });
    if (!breaker.allows()) {
      tell('refused');
      return { kind: 'silence' };
    }
    try {
      const reply = await command();
      breaker.succeeded();
      tell(resultOf(reply));
      return { kind: 'reply', reply };
    } catch (error) {
      tell('error');
      // A server that refuses is there: the breaker is for one that is not.
      if (!isRefusal(error)) {
        breaker.failed();
        return { kind: 'silence' };
      }
      breaker.succeeded();
      return { kind: 'refusal' };
    }
  };
}
