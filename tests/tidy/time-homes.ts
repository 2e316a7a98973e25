/**
 * The files that read the machine's time, or make a clock that does, each with the reason why that time decides nothing that the clock
 * of a world should. All others are given a clock.
 */
export const timeHomes: Readonly<Record<string, string>> = {
  'app/clock.ts': 'makes the clocks',
  'app/process/process-parts.ts': 'makes the clock of the world, which an experiment stops',
  'app/access/create-rights.ts':
    'judges leases, and processes live on while the clock of their world stands still',
  'app/build-app.ts': 'burns real time on purpose, for a planted slowdown',
  'app/build-counters.ts': 'measures how long counting took; and a Redis recovers in real time',
  'app/build-gateway.ts':
    'judges how old a replica may be by streams, which live and die in real time; a stopped clock would hide that they are cut',
  'app/build-leader.ts':
    'judges a lease: processes hear one after the other that the clock of their world stops, and two would lead',
  'app/build-rollup-worker.ts':
    'measures how long a batch took, and bounds how long a process may take to end; what is rolled up, the clock of the world says',
  'app/build-worker.ts': 'compares with the stamps of messages, and bounds how long a batch may take',
  'app/change-source.ts': 'compares with the time of a commit, to tell how late a change is heard of',
  'app/redis/deadlines.ts': 'bounds how long a caller waits for a Redis that is silent, in real time',
  'app/cache/create-cache.ts': 'a Redis that failed recovers in real time',
  'app/cache/sources/bus-source.ts':
    'notices that a connection is silent, and compares with the stamps of other processes',
  'app/cache/sources/tracking-connection.ts': 'notices that a connection is silent',
  'app/cache/tiers/redis-tier.ts': 'a Redis that failed recovers in real time',
  'app/cache/reads/loads.ts': 'measures how long a load took',
  'app/cache/tiers/redis/guarded-commands.ts': 'measures how long a command took',
  'app/cache/writes/write-queue.ts': 'measures how long it took to apply writes',
  'app/http/request-metrics.ts': 'measures how long a request took',
  'app/observability/metrics-registry.ts': 'stamps exemplars',
  'app/observability/start-node-sdk.ts': 'stamps spans',
  'app/observability/start-tracing.ts': 'stamps spans',
  'app/storage/postgres.ts': 'measures how long a statement took, and how long it waited for a connection',
  'cli/calibration/burn-cpu.ts': 'burns real time on purpose',
  'cli/commands/compare.ts': 'says when an experiment began',
  'cli/commands/load.ts': 'says when a run began',
  'cli/commands/terminal.ts': 'makes the clock of the command',
  'cli/driver/witness.ts': 'measures how old a write is that a reader has not seen: what a person waits',
  'cli/live-page/page/live.ts': 'runs in a browser, and notices that the command is silent',
  'cli/replay/find-speed.ts': 'says when an experiment began',
  'cli/stack/cpu-accounting.ts': 'bounds how old a look at who is whose child may be that readings share',
  'cli/stack/leftovers.ts': 'bounds how long a process may take to end',
  'cli/stack/postgres-server.ts': 'bounds how long a server may take to start',
  'cli/stack/prometheus-binary.ts': 'compares with the time of a file',
  'cli/stack/prometheus-server.ts': 'bounds how long a server may take to start',
  'cli/stack/redis-server.ts': 'bounds how long a server may take to start',
  'cli/stack/redis-trials.ts': 'bounds how long an entry may outlive its time on a Redis that is tried',
  'cli/watch/endless-load.ts': 'says when a pass is due, to a generator that has only the wall clock',
  'cli/watch/open-live-page.ts': 'compares with the stamps of Prometheus and of spans',
  'cli/watch/side-work.ts': 'compares with the stamps of samples of k6',
  'cli/watch/watch-experiment.ts': 'compares with the stamps of samples of k6',
  'cli/worlds/seeded-template.ts': 'says how long seeding took',
  'loadtests/k6/create-script.ts': 'waits for the start that a plan names by the wall clock',
  'loadtests/k6/request-body.ts': 'stamps a change of a counter, as a client of the service does',
  'loadtests/k6/send.ts': 'bounds how long a request may take with its second attempt',
};

/** The files whose SQL or Lua reads the time of a server, each with its reason. */
export const serverTimeHomes: Readonly<Record<string, string>> = {
  'app/storage/migrations/0001-photos.sql':
    'stamps rows: one server orders what many replicas write, and no time-out is judged by it',
  'app/storage/migrations/0004-outbox.sql':
    'stamps messages, so that it can be measured how late they are; when one is tried again, its worker says',
  'app/storage/migrations/0007-people.sql':
    'stamps rows: one server orders them, and no time-out is judged by it',
  'app/accounts/deletion-store.ts':
    'stamps the deletion of photos: whether one is deleted does not depend on when',
  'app/photos/photo-store.ts': 'stamps a deletion: whether a photo is deleted does not depend on when',
  'app/storage/replication-slot.ts':
    'compares with a stamp of the same server; slots are left by processes, which end in real time',
  'app/cache/writes/write-log-scripts.ts':
    'tells how long a write has waited, by the clock that numbered it; writes are taken over from processes, which die in real time',
  'app/storage/migrations/0011-gateway.sql':
    'stamps what a witness saw, so that whoever asks can tell rounds apart by the time of the same server',
  'app/gateway/record-store.ts':
    'stamps the deletion of a record: whether it is deleted does not depend on when',
  'app/storage/migrations/0005-feeds.sql':
    'stamps sightings, so that whoever asks can tell rounds apart by the time of the same server',
  'app/storage/migrations/0009-counters.sql':
    'stamps sightings, so that whoever asks can tell rounds apart by the time of the same server',
  'app/counters/rollup-window.ts':
    'compares with the stamps of transactions of the same server; up to when events are frozen, the clock of the world says',
  'cli/experiment/query-figures.ts': 'tells rounds apart by the time of the server that has stamped the rows',
  'cli/stack/database-admin.ts': 'stamps databases, for runs of different machines on one server',
};
