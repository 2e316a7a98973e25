// Fastify's types learn of `request.file` and `schema.hide` from these.
import type {} from '@fastify/multipart';
import type {} from '@fastify/swagger';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { XStatic } from 'typebox/schema';
import type { DescribeRead } from './cache-status.ts';
import type { AskerOf, ViewerOf } from './viewer.ts';

/** Schemas, which are JSON Schema written `as const`, are types: of what requests bring, and of what answers are written from. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: XStatic<this['schema']>;
  readonly serializer: XStatic<this['schema']>;
}

/** The app as routes see it. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
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
