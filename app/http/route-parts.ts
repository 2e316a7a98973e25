// Fastify's types learn of `request.file` and `schema.hide` from these.
import type {} from '@fastify/multipart';
import type {} from '@fastify/swagger';
import type { FastifyInstance, RawServerDefault, FastifyBaseLogger } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { DescribeRead } from './cache-status.ts';
import type { ViewerOf } from './viewer.ts';

/** The app as routes see it: schemas are types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What every feature's routes are given beside their service. */
export type RouteParts = { readonly viewerOf: ViewerOf; readonly describeRead: DescribeRead };
