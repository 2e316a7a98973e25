import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cache } from '../cache/cache.ts';
import type { Clock } from '../clock.ts';
import type { EventFile } from './event-file.ts';
import { recordCache } from './recorded-cache.ts';
import type { Tell } from './recorded-cache.ts';
import { operationOf, subjectOf } from './recorded-operations.ts';

/** Writes down what is asked of the service, and what each request asks of the cache. */
export type Recorder = {
  /** The same cache, whose reads and writes are written down. */
  readonly around: (cache: Cache) => Cache;
  readonly watchRequests: (app: FastifyInstance, askerOf: AskerOf) => void;
  readonly close: () => Promise<void>;
};

type AskerOf = (request: FastifyRequest) => number | null;

/** A request that is being answered. */
type Asking = { readonly number: number; readonly viewer: number };
const nobody: Asking = { number: 0, viewer: 0 };

export type RecorderParts = {
  readonly file: EventFile;
  readonly clock: Clock;
  /** How long an entry of an entity is fresh. */
  readonly lifetimeMs: (entity: string) => number;
};

export function createRecorder({ file, clock, lifetimeMs }: RecorderParts): Recorder {
  const asking = new AsyncLocalStorage<Asking>();
  const nowUs = (): number => Math.round(clock.now() * 1000);
  const tell: Tell = (event) => {
    const { number, viewer } = asking.getStore() ?? nobody;
    const usual = { request: number, viewer, bytes: 0, lifetimeMs: 0, outcome: '' as const };
    file.add({ timeUs: nowUs(), ...usual, ...event });
  };
  return {
    around: (cache) => recordCache(cache, { tell, nowUs, lifetimeMs }),
    watchRequests: (app, askerOf) => watchRequests(app, { askerOf, asking, tell }),
    close: file.close,
  };
}

type RequestParts = {
  readonly askerOf: AskerOf;
  readonly asking: AsyncLocalStorage<Asking>;
  readonly tell: Tell;
};

/** Numbers the requests of operations; what is done for one knows its number. */
function watchRequests(app: FastifyInstance, { askerOf, asking, tell }: RequestParts): void {
  let count = 0;
  app.addHook('preHandler', (request, _reply, proceed) => {
    const name = operationOf(request.method, request.routeOptions.url ?? '');
    if (name === undefined) return proceed();
    count += 1;
    asking.run({ number: count, viewer: viewerOf(request, askerOf) }, () => {
      tell({ kind: 'request', name, ...subjectOf(request.params) });
      proceed();
    });
  });
}

/** Whoever may not ask is refused by the route; that is a request, too. */
function viewerOf(request: FastifyRequest, askerOf: AskerOf): number {
  try {
    return askerOf(request) ?? 0;
  } catch {
    return 0;
  }
}
