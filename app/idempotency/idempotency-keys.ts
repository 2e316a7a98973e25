import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';
import type { App, WriteOnce } from '../http/route-parts.ts';
import type { ViewerOf } from '../http/viewer.ts';
import type { Claim, IdempotencyStore, KeptAnswer } from './idempotency-store.ts';

const header = headers.idempotencyKey.toLowerCase();
const writeMethods: readonly unknown[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
/**
 * Answers with these statuses are not kept, since the same request may be answered otherwise later: after a log-in,
 * with its whole body, or when there are fewer requests.
 */
const passingStatuses: readonly number[] = [401, 408, 429];

const keyLengthMax = 255;
/** A string of structured fields (RFC 9651), as the draft asks for, or the bare token that many clients send. */
const quotedKey = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
const bareKey = /^[\x21\x23-\x2b\x2d-\x7e]+$/;

const isWrite = ({ method, schema }: RouteOptions): boolean =>
  writeMethods.includes(method) && (schema as { hide?: boolean } | undefined)?.hide !== true;

/** A request is the same when it asks the same of the same thing. */
const fingerprintOf = ({ method, url }: FastifyRequest, content: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([method, url, content ?? null]))
    .digest('base64');

/**
 * Every write that is declared from now on heeds `Idempotency-Key`: it is done once for each key of a viewer, and its answer is
 * given again. A route that reads its body itself asks with the function that comes back. No key, no cost.
 */
export function registerIdempotencyKeys(app: App, store: IdempotencyStore, viewerOf: ViewerOf): WriteOnce {
  const claims = new WeakMap<FastifyRequest, Claim>();
  const writeOnce: WriteOnce = (request, reply, content, work) => {
    const text = request.headers[header];
    if (text === undefined) return work();
    return doOnce(request, reply, { key: parseIdempotencyKey(String(text)), content: content() }, work);
  };
  const doOnce = async <Answer>(
    request: FastifyRequest,
    reply: FastifyReply,
    { key, content }: { readonly key: string; readonly content: unknown },
    work: () => Answer,
  ): Promise<FastifyReply | Awaited<Answer>> => {
    requireViewerOfRoute(request);
    const fingerprint = fingerprintOf(request, content);
    const known = await store.claim({ personId: viewerOf(request), key, fingerprint });
    // The route itself says that there is no such person.
    if (known === null) return await work();
    if (known.claimed !== null) {
      claims.set(request, known.claimed);
      return await withOutcome(work, () => claims.delete(request));
    }
    if (known.fingerprint !== fingerprint)
      throw new DarkroomError(
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key was sent with another request. Take a new key for a new request.',
      );
    if (known.answer === null)
      throw new DarkroomError(
        'IDEMPOTENCY_KEY_IN_USE',
        'The first request with this Idempotency-Key is not answered yet. Send it again in a moment.',
      );
    return sendAgain(reply, known.answer);
  };

  /** A promise only where there is something to keep. */
  const onSend = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): Promise<unknown> | void => {
    const claim = claims.get(request);
    if (claim === undefined) return done(null, payload);
    claims.delete(request);
    return settle(store, claim, answerOf(reply, payload))
      .catch((error: unknown) =>
        // The write is done, which its sender must hear of.
        request.log.error({ err: error }, 'the answer to an idempotency key could not be kept'),
      )
      .then(() => payload);
  };

  app.addHook('onRoute', (route) => {
    if (!isWrite(route)) return;
    route.onSend = [route.onSend ?? [], onSend].flat();
    const { handler, config } = route;
    if (config?.form !== undefined) return;
    route.handler = function (request, reply) {
      return writeOnce(
        request,
        reply,
        () => request.body,
        () => handler.call(this, request, reply),
      );
    };
  });
  return writeOnce;
}

/** Keys are a viewer's own: where nobody is one yet, a key could be somebody else's, and its answer with it. */
function requireViewerOfRoute({ routeOptions }: FastifyRequest): void {
  if (routeOptions.config.problems?.includes('VIEWER_REQUIRED') === true) return;
  throw new DarkroomError('INVALID_IDEMPOTENCY_KEY', 'This operation takes no Idempotency-Key.');
}

/**
 * Does a write. Storage may have done it and have been cut off before it said so: then `letRunOut` is called, since a request that is
 * sent again at once could do it twice.
 */
async function withOutcome<Answer>(work: () => Answer, letRunOut: () => void): Promise<Awaited<Answer>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DarkroomError && error.code === 'STORAGE_UNAVAILABLE') letRunOut();
    throw error;
  }
}

function sendAgain(reply: FastifyReply, { status, contentType, body }: KeptAnswer): FastifyReply {
  reply.code(status).header(headers.idempotencyReplayed, 'true');
  if (contentType === null) return reply.send();
  return reply.header('content-type', contentType).send(body);
}

/** Null for what is not to be given again: a failure of the service, and what passes. */
function answerOf(reply: FastifyReply, payload: unknown): KeptAnswer | null {
  const { statusCode: status } = reply;
  if (status >= 500 || passingStatuses.includes(status)) return null;
  const contentType = reply.getHeader('content-type');
  return {
    status,
    contentType: typeof contentType === 'string' && typeof payload === 'string' ? contentType : null,
    body: typeof payload === 'string' ? payload : '',
  };
}

function settle(store: IdempotencyStore, claim: Claim, answer: KeptAnswer | null): Promise<void> {
  return answer === null ? store.release(claim) : store.keep(claim, answer);
}

/** The key of a request (draft-ietf-httpapi-idempotency-key-header). Throws INVALID_IDEMPOTENCY_KEY for what is none. */
export function parseIdempotencyKey(header: string): string {
  const text = header.trim();
  const key = quotedKey.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? bareKey.exec(text)?.[0];
  if (key !== undefined && key.length <= keyLengthMax) return key;
  throw new DarkroomError(
    'INVALID_IDEMPOTENCY_KEY',
    `Idempotency-Key takes one string of 1 to ${keyLengthMax} visible ASCII characters in double quotes.`,
  );
}
