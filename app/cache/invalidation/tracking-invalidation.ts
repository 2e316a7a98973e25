import type { InvalidationDefinition } from './invalidation-definition.ts';

/**
 * Redis pushes a key that has changed to the replicas that have read it, on the connection of the read. Only a
 * replica that has read a key is told of it, and Redis forgets its readers at each change: what a replica has just
 * filled is not watched.
 */
export const clientTracking: InvalidationDefinition = {
  name: 'client-tracking',
  summary: 'Redis tells the replicas that have read a key when it changes',
  refuses({ hasLocalTier, hasSharedTier, joinsLoads }) {
    if (!hasLocalTier || !hasSharedTier)
      return 'invalidation=client-tracking tells memory what changes in redis; it needs tiers=memory+redis.';
    return joinsLoads
      ? null
      : 'invalidation=client-tracking marks reads under way; it needs protection=single-flight or lease.';
  },
  insteadWithoutLocalTier: null,
  redisUse: 'tracking',
  readsChangeStream: false,
  outcomes: ['received'],
  noticesLosses: 'always',
  isRepeated: false,
  clearsSharedTier: false,
  tellsVersions: false,
  watchesOwnFills: false,
  async connect(parts) {
    const { createTrackingConnection } = await import('../sources/tracking-connection.ts');
    return createTrackingConnection({ ...parts, ...parts.redis() });
  },
};
