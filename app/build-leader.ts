import type { AddressInfo } from 'node:net';
import { createSystemClock } from './clock.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { startElection } from './gateway/election.ts';
import type { LeaderObserver } from './gateway/gateway-events.ts';
import { addressOf, announcedHostOf } from './gateway/leader-address.ts';
import { createLeaderService } from './gateway/leader-service.ts';
import type { LeaderService } from './gateway/leader-service.ts';
import { createLeaseStore } from './gateway/lease-store.ts';
import { hasToken, registerMetadataRoutes, sendPage, sendRecord } from './gateway/metadata-routes.ts';
import { createRecordStore } from './gateway/record-store.ts';
import { acceptStreams } from './gateway/stream-transport.ts';
import { registerBodyParsers } from './http/body-parsers.ts';
import { closeHttpServer, createHttpServer } from './http/http-server.ts';
import { registerProblemDetails } from './http/problem-details.ts';
import { refuseStalledBodies, requestLimits } from './http/request-limits.ts';
import type { App } from './http/route-parts.ts';
import { createLeaderObserver, watchLeader } from './observability/gateway-observers.ts';
import { createStorageObserver, exposePool } from './observability/metrics.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { createStorage } from './storage/postgres.ts';

/** A process that may lead, made and listening. */
export type BuiltLeader = { readonly http: number; close(): Promise<void> };

const bodyBytesMax = 16 * 1024;
/** Whoever waits for this process to start waits so long until it leads, or knows that somebody else does. */
const firstRoleLimitMs = 10_000;

const uncounted: LeaderObserver = { sent: () => {}, cut: () => {}, written: () => {} };

export async function buildLeader(parts: ProcessParts): Promise<BuiltLeader> {
  const { config, logger, registry, uniqueId } = parts;
  const isCounted = telemetryModes[config.telemetry].metrics;
  const clock = createSystemClock();
  const settings = config.candidate.gateway;
  const announcedHost = announcedHostOf(config);
  const storage = createStorage(
    config.databaseUrl,
    config.poolSize,
    isCounted ? createStorageObserver(registry) : () => {},
  );
  const leases = createStorage(config.databaseUrl, 1, () => {});
  const { promise: firstRole, resolve: hasRole } = Promise.withResolvers<void>();
  const service = createLeaderService({
    store: createRecordStore(storage),
    clock,
    posts: settings.gatewayRecords,
    eventGapMs: settings.eventGapMs,
    observe: isCounted ? createLeaderObserver(registry) : uncounted,
    onLeading(epoch) {
      logger.info({ epoch }, 'leads');
      hasRole();
    },
  });
  if (isCounted) {
    exposePool(registry, storage);
    watchLeader(registry, service.state);
  }

  const app = createLeaderApp(parts, service);
  const streams = acceptStreams({
    server: app.server,
    isAllowed: (request) => hasToken(request.headers.authorization, config.gatewayToken),
    opened: service.openStream,
  });
  await app.listen({ host: config.host, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  const election = startElection({
    store: createLeaseStore(leases),
    clock,
    holder: `${config.replica}:${uniqueId()}`,
    address: addressOf(announcedHost, port),
    leaseMs: config.gatewayLeaseMs,
    lead: service.lead,
    onStandBy: hasRole,
    onTrouble: (what, reason) => logger.warn({ err: reason }, what),
  });
  const limit = setTimeout(hasRole, firstRoleLimitMs);
  await firstRole;
  clearTimeout(limit);
  return {
    http: port,
    async close() {
      await election.stop();
      streams.close();
      await closeHttpServer(app);
      await Promise.all([storage.close(), leases.close()]);
    },
  };
}

/** What gateways ask it: the records that it owns, and their writes. */
function createLeaderApp({ config, logger }: ProcessParts, service: LeaderService): App {
  const app = createHttpServer(logger, bodyBytesMax, config.replica);
  registerProblemDetails(app);
  refuseStalledBodies(app, requestLimits);
  registerBodyParsers(app);
  app.get('/health/live', () => ({ status: 'live' }));
  // In a scope of their own: whoever asks whether it lives needs no token.
  void app.register(async (scope) =>
    registerMetadataRoutes(scope.withTypeProvider(), config.gatewayToken, {
      page: (asked, _, _request, reply) => sendPage(reply, service.records(), asked),
      record: (asked, _, _request, reply) => sendRecord(reply, service.records(), asked),
      put: async ({ kind, id }, change) => ({ version: await service.put(kind, id, change) }),
      remove: async ({ kind, id }) => ({ version: await service.remove(kind, id) }),
    }),
  );
  return app;
}
