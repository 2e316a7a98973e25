import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DarkroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** Seconds after which a client may try again what failed for want of capacity. */
const retryAfterSeconds = 1;

const codeOfFramework: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_REQ_FILE_TOO_LARGE: 'BODY_TOO_LARGE',
};

/** Any failure as one of the service's own errors. What the client caused keeps its words; what failed inside does not. */
function toDarkroomError(error: FastifyError | DarkroomError): DarkroomError {
  if (error instanceof DarkroomError) return error;
  const code = codeOfFramework[error.code];
  if (code !== undefined) return new DarkroomError(code, error.message, { cause: error });
  const isClients =
    error.validation !== undefined || (error.statusCode !== undefined && error.statusCode < 500);
  if (isClients) return new DarkroomError('INVALID_REQUEST', error.message, { cause: error });
  return new DarkroomError('INTERNAL', 'The request could not be answered.', { cause: error });
}

/** Sends an error as a problem document (RFC 9457). */
function sendProblem(request: FastifyRequest, reply: FastifyReply, error: DarkroomError): FastifyReply {
  if (error.status >= 500) request.log.error({ err: error, cause: error.cause }, error.title);
  if (error.status === 503) reply.header('retry-after', retryAfterSeconds);
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: 'about:blank',
      title: error.title,
      status: error.status,
      code: error.code,
      detail: error.message,
    });
}

/** Learns every route that is declared from now on. Gives the methods that a path has. */
function watchRoutes(app: FastifyInstance): (path: string) => string[] {
  const methodsOfRoute = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsOfRoute.get(url) ?? [];
    methodsOfRoute.set(url, new Set([...known, ...[method].flat()]));
  });
  const matches = (route: string, path: string) =>
    new RegExp(`^${route.replaceAll('.', '\\.').replace(/:[A-Za-z]+/g, '[^/]+')}$`).test(path);
  return (path) =>
    [...methodsOfRoute].flatMap(([route, methods]) => (matches(route, path) ? [...methods] : []));
}

/** For what the framework refuses before it looks for a route: a path that cannot be decoded or is too long. */
export function sendFrameworkProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(request, reply, toDarkroomError(error));
}

/** The one place where errors become HTTP. Comes before the routes, so that it knows their methods. */
export function registerProblemDetails(app: FastifyInstance): void {
  const methodsOf = watchRoutes(app);
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendProblem(request, reply, toDarkroomError(error)),
  );
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = methodsOf(path);
    if (allowed.length === 0)
      return sendProblem(request, reply, new DarkroomError('NOT_FOUND', 'There is no such route.'));
    reply.header('allow', allowed.join(', '));
    return sendProblem(
      request,
      reply,
      new DarkroomError(
        'METHOD_NOT_ALLOWED',
        `${request.method} is not allowed here; allowed: ${allowed.join(', ')}.`,
      ),
    );
  });
}
