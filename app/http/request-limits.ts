import { DarkroomError } from '../errors.ts';
import { http } from '../node-http.ts';
import type { App } from './route-parts.ts';

/** How long the parts of a request may take to arrive. A client that is slow but steady has the whole time. */
export type RequestLimits = {
  /** From the opening of a connection, or the first byte behind an earlier request, to the end of the head. */
  readonly headMs: number;
  /** How long a body that is not whole yet may stand still, without a single byte. */
  readonly stallMs: number;
  /** Head and body. The largest upload, 64 MiB, needs 112 kB/s to keep within; one of 20 MB, 34 kB/s. */
  readonly wholeMs: number;
  /** How often Node checks the limits of the head and of the whole request: they may act later by this much. */
  readonly checkEveryMs: number;
};

export const requestLimits: RequestLimits = {
  headMs: 10_000,
  stallMs: 10_000,
  wholeMs: 600_000,
  checkEveryMs: 1_000,
};

/** Connections at once. Each takes a descriptor and some memory; more are closed as soon as they are opened. */
export const connectionsMax = 10_000;

/**
 * The limits in the form that Fastify takes. `requestTimeout` stands there twice, since Fastify sets it once more after Node has
 * read the options of `http`. Without one of the two, Node would put its default of a minute in its place and swap it with the
 * limit of the head, because it takes the larger one for the whole request.
 */
export function serverTimeouts({ headMs, wholeMs, checkEveryMs }: RequestLimits) {
  return {
    requestTimeout: wholeMs,
    http: {
      headersTimeout: headMs,
      requestTimeout: wholeMs,
      connectionsCheckingInterval: checkEveryMs,
    },
  };
}

const seconds = (ms: number) => `${ms / 1000} s`;
/** After a 408 was sent, the connection is cut when this time has passed, in which the answer can leave. */
const farewellMs = 1_000;

export function describeLimits({ headMs, wholeMs }: RequestLimits): string {
  return `The head of a request must arrive within ${seconds(headMs)}, all of it within ${seconds(wholeMs)}.`;
}

/** Refuses a request whose body stands still, with 408. Requests without a body cost nothing. */
export function refuseStalledBodies(app: App, { stallMs }: RequestLimits): void {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const { 'content-length': length, 'transfer-encoding': coding } = raw.headers;
    const hasBody = coding !== undefined || (length !== undefined && length !== '0');
    // A request that was injected by a test has no socket.
    if (!hasBody || !(raw instanceof http.IncomingMessage)) return done();
    const detail = `No byte of the body came for ${seconds(stallMs)}, which is the limit.`;
    // Every byte begins the time anew.
    raw.setTimeout(stallMs, () => {
      reply.header('connection', 'close');
      setTimeout(() => raw.socket.destroy(), farewellMs).unref();
      // Whoever reads the body gets an error instead of the rest of it.
      if (raw.listenerCount('error') > 0) raw.emit('error', new DarkroomError('REQUEST_TIMEOUT', detail));
    });
    raw.once('end', () => raw.setTimeout(0));
    done();
  });
}
