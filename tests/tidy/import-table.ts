/**
 * Who may import whom. A pattern that ends with a slash stands for everything below that folder, another one for that
 * file. The first row whose `of` covers a file is its rule. Test files are free, and nobody imports them.
 */
export type ImportRule = {
  readonly of: readonly string[];
  readonly mayImport: readonly string[];
  /** Allowed as `import type` only. */
  readonly typesOf?: readonly string[];
  /** Allowed packages, by their first part; `node:` covers all of Node's own. Absent: any. */
  readonly packages?: readonly string[];
};

const service = ['app/'];

export const importTable: readonly ImportRule[] = [
  { of: ['app/contract/json-form.ts'], mayImport: [], packages: ['ajv', 'typebox'] },
  { of: ['app/contract/'], mayImport: ['app/contract/'], packages: [] },
  { of: ['app/clock.ts', 'app/errors.ts', 'app/node-http.ts'], mayImport: [], packages: [] },
  { of: ['app/background-tasks.ts'], mayImport: ['app/errors.ts'], packages: [] },
  {
    of: ['app/cache/'],
    mayImport: ['app/cache/', 'app/redis/', 'app/contract/', 'app/clock.ts', 'app/errors.ts'],
    packages: ['node:', 'lru-cache', '@redis/client', 'msgpackr'],
  },
  {
    of: ['app/redis/'],
    mayImport: ['app/redis/', 'app/contract/', 'app/clock.ts', 'app/errors.ts'],
    packages: ['node:', 'ioredis'],
  },
  // The list names the `system.ts` of each folder that is a system.
  { of: ['app/systems.ts'], mayImport: service, packages: [] },
  {
    of: ['app/classes/'],
    mayImport: [
      'app/classes/',
      'app/contract/',
      'app/cache/invalidation/',
      'app/cache/settings/',
      'app/cache/tiers/',
    ],
    packages: [],
  },
  {
    of: ['app/candidates/'],
    mayImport: ['app/candidates/', 'app/systems.ts', 'app/contract/', 'app/errors.ts'],
    packages: ['fastest-levenshtein'],
  },
  {
    of: ['app/storage/'],
    mayImport: ['app/storage/', 'app/contract/', 'app/errors.ts'],
    typesOf: ['app/config.ts', 'app/cache/cache-events.ts'],
  },
  {
    of: ['app/observability/'],
    mayImport: ['app/observability/', 'app/contract/', 'app/clock.ts', 'app/errors.ts', 'app/node-http.ts'],
    typesOf: [
      'app/config.ts',
      'app/cache/cache.ts',
      'app/cache/cache-events.ts',
      'app/cache/entry.ts',
      'app/counters/counter-observer.ts',
      'app/counters/system.ts',
      'app/edge/edge-events.ts',
      'app/feeds/feed-events.ts',
      'app/gateway/gateway-events.ts',
      'app/outbox/outbox-events.ts',
      'app/storage/',
    ],
  },
  {
    of: ['app/http/'],
    mayImport: ['app/http/', 'app/contract/', 'app/clock.ts', 'app/errors.ts', 'app/node-http.ts'],
    typesOf: ['app/cache/cache.ts', 'app/observability/'],
  },
  {
    of: ['app/lab/'],
    mayImport: ['app/lab/', 'app/contract/', 'app/clock.ts', 'app/errors.ts', 'app/node-http.ts'],
  },
  {
    of: ['app/config.ts'],
    mayImport: ['app/candidates/', 'app/contract/', 'app/errors.ts'],
  },
  {
    of: ['app/cached-entities.ts'],
    mayImport: ['app/contract/'],
  },
  {
    of: ['app/process/'],
    mayImport: [
      'app/process/',
      'app/contract/',
      'app/clock.ts',
      'app/errors.ts',
      // Every kind of process has the same settings, the same lab, and tells of itself in the same way and under the same name.
      'app/config.ts',
      'app/candidates/format-candidate.ts',
      'app/lab/lab-server.ts',
      'app/observability/',
    ],
    packages: ['node:', 'pino'],
  },
  {
    of: [
      'app/build-app.ts',
      'app/build-counters.ts',
      'app/build-edge.ts',
      'app/build-gateway.ts',
      'app/build-leader.ts',
      'app/build-people.ts',
      'app/build-rollup-worker.ts',
      'app/build-worker.ts',
      'app/change-source.ts',
      'app/main.ts',
      'app/processes/',
    ],
    mayImport: service,
  },
  // Features ask it; it knows none of them.
  {
    of: ['app/access/'],
    mayImport: ['app/access/', 'app/storage/', 'app/clock.ts', 'app/errors.ts'],
    packages: ['node:'],
  },
  // Its counts are in Redis, too, and its workers are told of them through it.
  {
    of: ['app/counters/'],
    mayImport: [
      'app/counters/',
      'app/redis/',
      'app/storage/',
      'app/contract/',
      'app/http/',
      'app/clock.ts',
      'app/errors.ts',
    ],
    packages: ['node:', 'typebox', 'xxhash-wasm', 'fastify'],
  },
  // Writes down what it sees around the cache and around routes; nobody's feature.
  {
    of: ['app/recording/'],
    mayImport: ['app/recording/', 'app/classes/', 'app/contract/', 'app/cache/value-size.ts'],
    typesOf: ['app/config.ts', 'app/clock.ts', 'app/cache/cache.ts'],
    packages: ['node:', 'fastify'],
  },
  // Whatever else is a folder in app/ is a feature; `featureOf` below adds the services of the others.
  {
    of: ['app/'],
    mayImport: [
      'app/cache/cache.ts',
      'app/cached-entities.ts',
      'app/access/access-rights.ts',
      'app/storage/',
      'app/contract/',
      'app/http/',
      'app/clock.ts',
      'app/errors.ts',
      // What a feature needs to be a consumer.
      'app/outbox/consumer.ts',
    ],
    typesOf: ['app/cache/entry.ts'],
  },
  { of: ['loadtests/workloads/'], mayImport: ['loadtests/workloads/', 'app/contract/'], packages: [] },
  {
    of: ['loadtests/scenarios/', 'loadtests/k6/'],
    mayImport: ['loadtests/workloads/', 'loadtests/k6/', 'app/contract/'],
    packages: ['k6'],
  },
  { of: ['dashboards/'], mayImport: ['dashboards/', 'app/contract/'] },
  // It runs the policies, and asks the strategies, of the service itself.
  {
    of: ['cli/simulator/'],
    mayImport: [
      'cli/simulator/',
      'cli/recordings/',
      'cli/errors.ts',
      'cli/one-of.ts',
      'cli/report/text-columns.ts',
      'cli/statistics/',
      'app/cache/',
      'app/classes/',
      'app/candidates/',
      'app/contract/',
      'loadtests/workloads/',
    ],
    packages: ['node:'],
  },
  {
    of: ['cli/'],
    mayImport: [
      'cli/',
      'dashboards/',
      'app/contract/',
      'app/config.ts',
      'app/clock.ts',
      'app/errors.ts',
      'app/node-http.ts',
      'app/cache/cache-counters.ts',
      'app/cache/eviction/index.ts',
      'app/cache/figures.ts',
      'app/systems.ts',
      'app/classes/',
      'app/candidates/',
      'app/cache/strategies/index.ts',
      'app/cache/invalidation/index.ts',
      'app/cache/settings/',
      'app/cache/tiers/index.ts',
      'app/observability/metrics-registry.ts',
      'app/observability/metrics-server.ts',
      'app/outbox/dead-letters.ts',
      'app/outbox/outbox-table.ts',
      'app/photos/rendition-service.ts',
      'app/storage/',
      'loadtests/workloads/',
    ],
  },
  { of: ['benches/'], mayImport: ['benches/', 'app/', 'cli/', 'loadtests/workloads/'] },
];

/** Packages that only some places may know. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  ioredis: ['app/redis/', 'cli/stack/', 'benches/'],
  pg: ['app/storage/', 'cli/stack/'],
  'pg-copy-streams': ['app/storage/'],
  'pg-logical-replication': ['app/storage/'],
  'xxhash-wasm': ['app/counters/counter-hash.ts'],
  '@redis/client': ['app/cache/sources/tracking-connection.ts'],
  msgpackr: ['app/cache/codec.ts'],
  'prom-client': ['app/observability/', 'cli/driver/'],
  sharp: ['app/photos/', 'benches/post-photo-bench.ts'],
  // Values only: `app/node-http.ts` says why.
  'node:http': ['benches/'],
  // Types only: each process that builds its schemas by it takes an eighth of a second more to start.
  typebox: [],
  ws: ['app/gateway/stream-transport.ts', 'benches/'],
  hyparquet: ['cli/recordings/'],
  'hyparquet-writer': ['cli/recordings/write-recording.ts'],
  '@fastify/http-proxy': ['app/gateway/forwarding.ts'],
  '@fastify/reply-from': ['app/gateway/forwarding.ts'],
  '@aws-sdk/client-s3': ['app/storage/s3-blobs.ts'],
  commander: ['cli/main.ts', 'cli/commands/', 'cli/calibration/main.ts'],
};
