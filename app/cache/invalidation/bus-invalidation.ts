import type { InvalidationDefinition } from './invalidation-definition.ts';

/**
 * The replica that writes tells the others over Redis pub/sub. A message may be lost. Messages are numbered, so that
 * a replica which looks at the numbers notices that; a textbook cache does not look, and believes that every message
 * arrives.
 */
export const pubsub: InvalidationDefinition = {
  name: 'pubsub',
  summary: 'who writes tells the other replicas over Redis pub/sub',
  refuses: ({ hasLocalTier }) =>
    hasLocalTier ? null : 'invalidation=pubsub clears memory tiers, and there is none: redis is shared.',
  insteadWithoutLocalTier: 'ttl',
  redisUse: 'messages',
  readsChangeStream: false,
  outcomes: ['sent', 'received', 'failed'],
  noticesLosses: 'fence',
  isRepeated: false,
  clearsSharedTier: false,
  tellsVersions: true,
  watchesOwnFills: true,
  async connect(parts) {
    const { createBusSource } = await import('../sources/bus-source.ts');
    const place = parts.redis();
    return {
      createSource: (listener) => createBusSource({ ...parts, ...place, listener }),
      commands: null,
    };
  },
};
