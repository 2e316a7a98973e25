import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger } from 'fastify';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';
import { createClientErrorHandler } from './client-errors.ts';
import {
  createSerializerCompiler,
  createValidatorCompiler,
  describeInvalid,
  serializersAtFirstUse,
  validatorsAtFirstUse,
} from './schema-compilers.ts';
import { pathPartLengthMax, sendFrameworkProblem } from './problem-details.ts';
import { connectionsMax, requestLimits, serverTimeouts } from './request-limits.ts';
import type { App, SchemaTypes } from './route-parts.ts';

const idleCheckMs = 20;

/** What every response carries. An answer depends on its viewer, so that only the viewer may keep it. */
const commonHeaders = (replica: string) => ({
  [headers.replica]: replica,
  'x-content-type-options': 'nosniff',
  'cache-control': 'private, no-store',
});

function addHeaders(app: App, common: Readonly<Record<string, string>>): void {
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(common);
    done();
  });
}

/** All that stands before the path where a target is a whole address. */
const schemeAndAuthority = /^https?:\/\/[^/?#]*/i;

/**
 * The path and query of what a request asks for. Whoever asks may send the whole address, and every server must take it (RFC 9112,
 * 3.2.2); whose name stands in it means as little here as the header Host does.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(schemeAndAuthority, '');
  return rest.length === target.length || rest.startsWith('/') ? rest : `/${rest}`;
}

/** Fastify loads compilers of requests of its own unless it is told of one here. It asks the one that is set below. */
function notAsked(): never {
  throw new DarkroomError('INTERNAL', 'Requests are checked by another compiler.');
}

/** What every kind of process answers requests with: bounds of time and size, and errors in one form. It has no routes yet. */
export function createHttpServer(logger: FastifyBaseLogger, bodyBytesMax: number, replica: string): App {
  const common = commonHeaders(replica);
  const app = fastify({
    // These come before any hook does.
    frameworkErrors: (error, request, reply) => sendFrameworkProblem(error, request, reply.headers(common)),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    ...serverTimeouts(requestLimits),
    clientErrorHandler: createClientErrorHandler(requestLimits, common),
    rewriteUrl: ({ url = '/' }) => originForm(url),
    routerOptions: { maxParamLength: pathPartLengthMax },
    schemaController: { compilersFactory: { buildValidator: () => notAsked } },
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  }).withTypeProvider<SchemaTypes>();
  addHeaders(app, common);
  app.server.maxConnections = connectionsMax;
  app.setValidatorCompiler(validatorsAtFirstUse(createValidatorCompiler()));
  app.setSerializerCompiler(serializersAtFirstUse(createSerializerCompiler()));
  app.setSchemaErrorFormatter(describeInvalid);
  return app;
}

/** Finishes requests under way. Their connections fall idle after the others were closed, and are closed then. */
export async function closeHttpServer(app: App): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}
