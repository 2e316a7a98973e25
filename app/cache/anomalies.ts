/**
 * The ways in which a cache may serve what a finished write has replaced. A strategy lists those that it allows; the
 * contract suite shows that each of them occurs, and that no other does.
 */
export const anomalies = {
  'stale-fill':
    'A write invalidates a key while an older value is being loaded; the load then fills the old value.',
  'older-overwrites-newer':
    'Two loads of one key end in the wrong order; the older value replaces the newer one.',
  'stale-promotion':
    'A write invalidates a key while its old value is on the way from redis to memory, where it then stays.',
  'lost-invalidation':
    'A message of the invalidation bus is lost; another replica keeps the old value until its TTL ends.',
  'failed-invalidation': 'Redis does not take an invalidation; it serves the old value until its TTL ends.',
} as const;

export type Anomaly = keyof typeof anomalies;
