import type { AddressInfo } from 'node:net';
import { createSystemClock } from './clock.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { DarkroomError } from './errors.ts';
import { createForwardToLeader, forwardToService } from './gateway/forwarding.ts';
import type { GatewayObserver, RefusalCode } from './gateway/gateway-events.ts';
import { createGatewayService } from './gateway/gateway-service.ts';
import type { GatewayService } from './gateway/gateway-service.ts';
import { createLeaseStore } from './gateway/lease-store.ts';
import { registerReplicaRoutes } from './gateway/replica-routes.ts';
import { registerBodyParsers } from './http/body-parsers.ts';
import { closeHttpServer, createHttpServer } from './http/http-server.ts';
import { registerProblemDetails } from './http/problem-details.ts';
import { registerRequestMetrics } from './http/request-metrics.ts';
import { refuseStalledBodies, requestLimits } from './http/request-limits.ts';
import type { App } from './http/route-parts.ts';
import { createGatewayObserver, watchReplica } from './observability/gateway-observers.ts';
import { createRequestObserver } from './observability/metrics.ts';
import { withoutSpan } from './observability/tracing.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { createStorage } from './storage/postgres.ts';

/** A gateway, made and listening. */
export type BuiltGateway = {
  readonly http: number;
  /** Where the replicas listen, to which it forwards what is not metadata. */
  meet(service: readonly string[]): void;
  drain(): void;
  close(): Promise<void>;
};

/** Of metadata. What is forwarded has the bounds of the service. */
const bodyBytesMax = 16 * 1024;
/** It asks who leads, and listens for that on a further connection. */
const poolSize = 1;
/** Whoever waits for this process to start waits so long for its first whole replica. */
const firstSnapshotLimitMs = 10_000;

const uncounted: GatewayObserver = {
  queried: () => {},
  synchronised: () => {},
  keepAliveSent: () => {},
  refused: () => {},
  connection: () => {},
};

export async function buildGateway(parts: ProcessParts): Promise<BuiltGateway> {
  const { config, logger, registry } = parts;
  const isCounted = telemetryModes[config.telemetry].metrics;
  const observe = isCounted ? createGatewayObserver(registry) : uncounted;
  const storage = createStorage(config.databaseUrl, poolSize, () => {});
  const service = createGatewayService({
    settings: config.candidate.gateway,
    clock: createSystemClock(),
    storage,
    store: createLeaseStore(storage),
    token: config.gatewayToken,
    random: parts.random,
    delayMs: config.labStreamDelayMs,
    observe,
    onTrouble: (reason) => logger.warn({ err: reason }, 'the gateway cannot find out who leads'),
  });
  if (isCounted && config.candidate.gateway.gateway !== 'leader') watchReplica(registry, service.state);

  let replicas: readonly string[] = [];
  let isDraining = false;
  const app = createHttpServer(logger, bodyBytesMax, config.replica);
  registerProblemDetails(app);
  registerHealth(app, () => (isDraining ? 'draining' : replicas.length === 0 ? 'no replica is known' : null));
  await app.register(async (scope) =>
    registerMetadata(scope.withTypeProvider(), parts, { service, observe }),
  );
  await forwardToService(app, { replicas: () => replicas, refused: observe.refused });
  app.setNotFoundHandler(({ method }) => {
    throw new DarkroomError('METHOD_NOT_ALLOWED', `${method} is forwarded to nobody.`);
  });
  await app.listen({ host: config.host, port: config.port });
  const limit = AbortSignal.timeout(firstSnapshotLimitMs);
  await Promise.race([service.ready, new Promise((resolve) => limit.addEventListener('abort', resolve))]);
  return {
    http: (app.server.address() as AddressInfo).port,
    meet(known) {
      replicas = known;
    },
    drain() {
      isDraining = true;
    },
    async close() {
      await closeHttpServer(app);
      await service.stop();
      await storage.close();
    },
  };
}

function registerHealth(app: App, unready: () => string | null): void {
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_, reply) => {
    const reason = unready();
    return reason === null ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason });
  });
}

type Metadata = { readonly service: GatewayService; readonly observe: GatewayObserver };

/** The routes of metadata, in a scope of their own: only what is answered here is counted and traced here. */
async function registerMetadata(
  app: App,
  { config, registry, tracing }: ProcessParts,
  { service, observe }: Metadata,
): Promise<void> {
  if (tracing !== null) await app.register(tracing.requests.plugin);
  if (telemetryModes[config.telemetry].metrics)
    registerRequestMetrics(app, createRequestObserver(registry, config.candidate.cache.strategy), (request) =>
      tracing?.requests.traceIdOf(request),
    );
  refuseStalledBodies(app, requestLimits);
  registerBodyParsers(app);
  const refused = (code: RefusalCode): void => observe.refused(code);
  const forward = await createForwardToLeader(app, { address: service.leaderAddress, refused });
  registerReplicaRoutes(app, {
    token: config.gatewayToken,
    service,
    forward,
    refused,
    inSpan: tracing?.inSpan ?? withoutSpan,
  });
}
