import type { Socket } from 'node:net';
import { DarkroomError } from '../errors.ts';
import { http } from '../node-http.ts';
import { problemOf } from './problem-details.ts';
import { describeLimits } from './request-limits.ts';
import type { RequestLimits } from './request-limits.ts';

function toDarkroomError(error: NodeJS.ErrnoException, limits: RequestLimits): DarkroomError {
  const known = (code: 'REQUEST_TIMEOUT' | 'HEAD_TOO_LARGE' | 'INVALID_REQUEST', detail: string) =>
    new DarkroomError(code, detail, { cause: error });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return known('REQUEST_TIMEOUT', describeLimits(limits));
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return known('HEAD_TOO_LARGE', `The head of a request may have ${http.maxHeaderSize} bytes.`);
  return known('INVALID_REQUEST', 'This is no HTTP request.');
}

/** Answers what never becomes a request of Fastify's: a head that is too long, too slow or no HTTP. Ends the connection. */
export function createClientErrorHandler(
  limits: RequestLimits,
  commonHeaders: Readonly<Record<string, string>>,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const problem = toDarkroomError(error, limits);
    const body = JSON.stringify(problemOf(problem));
    const headers = {
      ...commonHeaders,
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`,
      () => socket.destroy(),
    );
  };
}
