// Fastify's types learn of `request.file` and `schema.hide` from these.
import type {} from '@fastify/multipart';
import type {} from '@fastify/swagger';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { DescribeRead } from './cache-status.ts';
import type { AskerOf, ViewerOf } from './viewer.ts';

/** The app as routes see it: schemas are types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/**
 * Does a write once for each idempotency key of its viewer; the first answer is given again. `content` is what the body says, for
 * routes that read it themselves: all others are asked by themselves.
 */
export type WriteOnce = <Answer>(
  request: FastifyRequest,
  reply: FastifyReply,
  content: () => unknown,
  work: () => Answer,
) => Answer | Promise<FastifyReply | Awaited<Answer>>;

/** What every feature's routes are given beside their service. */
export type RouteParts = {
  readonly askerOf: AskerOf;
  readonly viewerOf: ViewerOf;
  readonly describeRead: DescribeRead;
  readonly writeOnce: WriteOnce;
};
