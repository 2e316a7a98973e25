import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DarkroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { isTokenOfCookie, takeCookie } from './session-cookie.ts';

/** Seconds after which a client may try again what failed for want of capacity, where the error does not say. */
const usualRetryAfterSeconds = 1;
/** No id and no digest is longer. */
export const pathPartLengthMax = 100;

const codeOfFramework: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_MAX_PARAM_LENGTH: 'PATH_TOO_LONG',
};

/** What a client is told when it meets a limit of the framework, whose own messages do not name the limit. */
function withLimit({ code, message }: FastifyError, request: FastifyRequest): string {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return `The body is larger than the limit of ${request.routeOptions.bodyLimit} bytes.`;
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return `A part of the path is longer than the limit of ${pathPartLengthMax} characters.`;
  return message;
}

/** Any failure as one of the service's own errors. What the client caused keeps its words; what failed inside does not. */
function toDarkroomError(error: FastifyError | DarkroomError, request: FastifyRequest): DarkroomError {
  if (error instanceof DarkroomError) return error;
  const code = codeOfFramework[error.code];
  if (code !== undefined) return new DarkroomError(code, withLimit(error, request), { cause: error });
  const isClients =
    error.validation !== undefined || (error.statusCode !== undefined && error.statusCode < 500);
  if (isClients) return new DarkroomError('INVALID_REQUEST', error.message, { cause: error });
  return new DarkroomError('INTERNAL', 'The request could not be answered.', { cause: error });
}

/** The members of a problem document. */
export const problemOf = ({ title, status, code, message }: DarkroomError) => ({
  type: 'about:blank',
  title,
  status,
  code,
  detail: message,
});

/** Sends an error as a problem document (RFC 9457). */
function sendProblem(request: FastifyRequest, reply: FastifyReply, error: DarkroomError): FastifyReply {
  if (error.status >= 500) request.log.error({ err: error, cause: error.cause }, error.title);
  if (error.status === 503 || error.status === 429)
    reply.header('retry-after', error.retryAfterSeconds ?? usualRetryAfterSeconds);
  // The page cannot drop the cookie, with which every request of the browser would be refused until it expires.
  if (error.code === 'SESSION_ENDED' && isTokenOfCookie(request.headers)) takeCookie(reply);
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemOf(error));
}

/** For what the framework refuses before it looks for a route: a path that cannot be decoded or is too long. */
export function sendFrameworkProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(request, reply, toDarkroomError(error, request));
}

/** The one place where errors become HTTP. */
export function registerProblemDetails(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendProblem(request, reply, toDarkroomError(error, request)),
  );
}
