import type { InvalidationDefinition } from './invalidation-definition.ts';

/** Every replica reads PostgreSQL's log of changes, and takes out of all tiers what it names. */
export const changeStream: InvalidationDefinition = {
  name: 'change-stream',
  summary: "every replica reads PostgreSQL's log of changes",
  refuses: () => null,
  insteadWithoutLocalTier: null,
  redisUse: null,
  readsChangeStream: true,
  outcomes: ['received'],
  noticesLosses: 'always',
  isRepeated: true,
  clearsSharedTier: true,
  tellsVersions: true,
  watchesOwnFills: true,
  connect: async ({ createChangeStream }) => ({ createSource: createChangeStream, commands: null }),
};
