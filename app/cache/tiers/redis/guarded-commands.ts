import type { CacheEvent, CacheObserver } from '../../cache-events.ts';
import type { CircuitBreaker } from '../../../redis/circuit-breaker.ts';
import { entityNameOf } from '../../keys.ts';

type TierEvent = Extract<CacheEvent, { type: 'tier-operation' }>;

/** A command without a reply: the server refused it, or said nothing within the time allowed. */
export type Failure = 'refusal' | 'silence';

/** How a command of the redis tier is sent, and what its outcome means. */
export type GuardedCommand<Reply, T> = {
  readonly key: string;
  readonly operation: TierEvent['operation'];
  readonly send: () => Promise<Reply>;
  readonly read: (reply: Reply) => T;
  readonly failed: (failure: Failure) => T;
  /** `ok` where it is left out. */
  readonly resultOf?: (value: T) => 'hit' | 'miss' | 'ok';
};

/**
 * Runs a command of the redis tier behind its breaker, and tells how it went. Never rejects. It costs one promise: every read
 * that memory does not answer comes through here.
 */
export type RunCommand = <Reply, T>(command: GuardedCommand<Reply, T>) => Promise<T>;

export function createRunCommand(
  tier: string,
  breaker: CircuitBreaker,
  observe: CacheObserver,
  isRefusal: (error: unknown) => boolean,
): RunCommand {
  const tell = (
    { key, operation }: { readonly key: string; readonly operation: TierEvent['operation'] },
    result: TierEvent['result'],
    startedAtMs: number,
  ): void => {
    const durationMs = performance.now() - startedAtMs;
    observe.happened({
      type: 'tier-operation',
      name: entityNameOf(key),
      tier,
      operation,
      result,
      durationMs,
    });
  };
  return async (command) => {
    const startedAtMs = performance.now();
    if (!breaker.allows()) {
      tell(command, 'refused', startedAtMs);
      return command.failed('silence');
    }
    try {
      const value = command.read(await command.send());
      breaker.succeeded();
      tell(command, command.resultOf?.(value) ?? 'ok', startedAtMs);
      return value;
    } catch (error) {
      tell(command, 'error', startedAtMs);
      // A server that refuses is there: the breaker is for one that is not.
      if (!isRefusal(error)) {
        breaker.failed();
        return command.failed('silence');
      }
      breaker.succeeded();
      return command.failed('refusal');
    }
  };
}
