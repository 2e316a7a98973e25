import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { createEdgeSupervisor } from './edge/edge-supervisor.ts';
import type { EdgeObserver } from './edge/edge-events.ts';
import { createRequestLog } from './edge/request-log.ts';
import { startVarnish } from './edge/varnish-server.ts';
import { varnishIn } from './edge/varnish-program.ts';
import { createEdgeObserver, watchEdge } from './observability/edge-observers.ts';
import type { ProcessParts } from './process/process-parts.ts';

/** An edge, made and listening. */
export type BuiltEdge = {
  readonly http: number;
  /** Where the replicas listen. */
  meet(service: readonly string[]): void;
  emptyCaches(): Promise<void>;
  /** Counts what has been answered so far. */
  beforeScrape(): Promise<void>;
  close(): Promise<void>;
};

const uncounted: EdgeObserver = { answered: () => {}, purged: () => {}, outdated: () => {} };

/** The HTTP cache, kept running, and what it tells. */
export async function buildEdge({ config, logger, registry, uniqueId }: ProcessParts): Promise<BuiltEdge> {
  const isCounted = telemetryModes[config.telemetry].metrics;
  const strategy = config.candidate.cache.strategy;
  const log = createRequestLog(isCounted ? createEdgeObserver(registry, strategy) : uncounted);
  const isTemporary = config.edgeFolder === '';
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), 'darkroom-edge-')) : config.edgeFolder;
  const supervisor = await createEdgeSupervisor({
    start: (port, replicas) =>
      startVarnish({
        program: varnishIn(config.varnishFolder),
        settings: config.candidate.edge,
        place: { folder: join(folder, 'varnish'), host: config.host, port },
        replicas,
        onLog: log.take,
      }),
    port: config.port,
    log,
    uniqueId,
    onTrouble: (reason) => logger.warn({ err: reason }, 'the HTTP cache of the edge is in trouble'),
  });
  if (isCounted) watchEdge(registry, supervisor.state);
  return {
    http: supervisor.port,
    meet: supervisor.meet,
    emptyCaches: supervisor.empty,
    beforeScrape: supervisor.catchUp,
    async close() {
      await supervisor.stop();
      if (isTemporary) await rm(folder, { recursive: true, force: true });
    },
  };
}
