import type { ReadOutcome } from '../../app/cache/cache.ts';
import type { CacheEvent, CacheObserver } from '../../app/cache/cache-events.ts';

/** What an observer was told, in order. */
export type RecordedEvent =
  | CacheEvent
  | { readonly type: 'asked'; readonly name: string; readonly count: number }
  | {
      readonly type: 'answered';
      readonly name: string;
      readonly outcome: ReadOutcome;
      readonly count: number;
    };

/** An observer that keeps what it is told. */
export function recordEvents(events: RecordedEvent[]): CacheObserver {
  return {
    asked: (name, count) => void events.push({ type: 'asked', name, count }),
    answered: (name, outcome, count) => void events.push({ type: 'answered', name, outcome, count }),
    happened: (event) => void events.push(event),
  };
}

/** An observer for tests that do not look at events. */
export const ignoreEvents: CacheObserver = { asked: () => {}, answered: () => {}, happened: () => {} };
