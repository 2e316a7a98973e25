import { pubsub } from './bus-invalidation.ts';
import type { InvalidationDefinition } from './invalidation-definition.ts';
import { changeStream } from './stream-invalidation.ts';
import { clientTracking } from './tracking-invalidation.ts';
import { ttl } from './ttl-invalidation.ts';

/** Every kind of invalidation. The choices of a candidate, what it needs, and what its parts do with messages derive from this list. */
export const invalidationKinds = {
  ttl,
  pubsub,
  'client-tracking': clientTracking,
  'change-stream': changeStream,
} as const satisfies Readonly<Record<string, InvalidationDefinition>>;
