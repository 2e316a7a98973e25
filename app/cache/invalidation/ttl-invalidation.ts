import type { InvalidationDefinition } from './invalidation-definition.ts';

/** Nobody hears of another one's write: its old value stays until its TTL ends. */
export const ttl: InvalidationDefinition = {
  name: 'ttl',
  summary: 'replicas do not hear of writes; entries live until their TTL ends',
  refuses: () => null,
  insteadWithoutLocalTier: null,
  redisUse: null,
  readsChangeStream: false,
  outcomes: [],
  noticesLosses: 'never',
  isRepeated: false,
  clearsSharedTier: false,
  tellsVersions: true,
  watchesOwnFills: true,
  connect: null,
};
