/** Every bench, in the order of the page. Told apart from the benches themselves, which need the peers to be installed. */
export const benchNames = [
  'memory-hit',
  'redis-hit',
  'stampede',
  'fence',
  'eviction',
  'hot-feed-page',
  'invalidation-delay',
  'telemetry',
  'post-photo',
  'parallel-branches',
  'gateway-transport',
  'simulation',
] as const;
