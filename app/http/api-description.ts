import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import fastify from 'fastify';
import type { FastifySchema, RouteOptions } from 'fastify';
import { headers } from '../contract/headers.ts';
import { errorTable } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { App } from './route-parts.ts';
import { Id } from './schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The errors of the operation's own, for the description of the API; what any operation may answer is added to them. */
    readonly problems?: readonly ErrorCode[];
    /** The multipart form that it takes. */
    readonly form?: object;
    /** It answers with an image of one of these types, or with 304 where the client has it already. */
    readonly image?: readonly string[];
  }
}

type Responses = Record<string, object>;
type Described = FastifySchema & { readonly hide?: boolean; readonly response?: Responses };

/** What every operation may answer: a request that is not one, and a service that cannot serve. */
const problemsOfAll: readonly ErrorCode[] = [
  'INVALID_REQUEST',
  'REQUEST_TIMEOUT',
  'PATH_TOO_LONG',
  'RATE_LIMITED',
  'HEAD_TOO_LARGE',
  'INTERNAL',
  'OVERLOADED',
  'STORAGE_UNAVAILABLE',
  'STORAGE_BUSY',
  'RIGHTS_UNKNOWN',
  'SESSION_ENDED',
];
/** What every write may answer. Its body is read even where it is not needed. */
const problemsOfWrites: readonly ErrorCode[] = [
  'JSON_TOO_DEEP',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'ROW_REFUSED',
  'STORAGE_REFUSES_WRITES',
];

/** A problem document (RFC 9457) with one of these codes. */
const problemDocument = (codes: readonly ErrorCode[]): object => ({
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', const: 'about:blank' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: codes },
    detail: {
      type: 'string',
      description: 'what was wrong, for people; of a limit, which one and its value',
    },
  },
  additionalProperties: false,
});

const retryAfter = {
  'Retry-After': { type: 'integer', description: 'seconds until it is worth trying again' },
};

/** One answer per status that these errors have. */
function problemResponses(codes: readonly ErrorCode[]): Responses {
  const byStatus = Map.groupBy(new Set(codes), (code) => errorTable[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => errorTable[code].title).join('; '),
        content: { 'application/problem+json': { schema: problemDocument(list) } },
        ...((status === 503 || status === 429) && { headers: retryAfter }),
      },
    ]),
  );
}

function imageResponses(types: readonly string[]): Responses {
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: { type: 'string', format: 'binary' } }] as const),
  );
  return {
    200: { description: 'the image', content },
    206: { description: 'the one range of it that was asked for', content },
    304: { description: 'the client has it: If-None-Match names its entity tag' },
  };
}

/** What may be asked of an image. */
const imageHeaders = (types: readonly string[]) =>
  Object.fromEntries(
    ['If-None-Match', 'Range', 'If-Range', ...(types.length > 1 ? ['Accept'] : [])].map(
      (name) => [name, { type: 'string' }] as const,
    ),
  );

/** What every write with a viewer may answer about its key. */
const problemsOfKeys: readonly ErrorCode[] = [
  'INVALID_IDEMPOTENCY_KEY',
  'IDEMPOTENCY_KEY_IN_USE',
  'IDEMPOTENCY_KEY_REUSED',
];

function describe(schema: Described, { method, config }: Pick<RouteOptions, 'method' | 'config'>): Described {
  const own = config?.problems ?? [];
  const hasViewer = own.includes('VIEWER_REQUIRED');
  const takesKey = method !== 'GET' && hasViewer;
  const problems = [
    ...problemsOfAll,
    ...(method === 'GET' ? [] : problemsOfWrites),
    ...(takesKey ? problemsOfKeys : []),
    ...own,
  ];
  const asked = {
    ...(hasViewer && { [headers.viewer]: Id }),
    ...(takesKey && { [headers.idempotencyKey]: { type: 'string' } }),
    ...(config?.image !== undefined && imageHeaders(config.image)),
  };
  return {
    ...schema,
    ...(config?.form !== undefined && { body: config.form }),
    ...(Object.keys(asked).length > 0 && {
      headers: { type: 'object', properties: asked },
    }),
    response: {
      ...schema.response,
      ...(config?.image !== undefined && imageResponses(config.image)),
      ...problemResponses(problems),
    },
  };
}

const transform: NonNullable<FastifyDynamicSwaggerOptions['transform']> = ({ schema, url, route }) => {
  const given = (schema ?? {}) as Described;
  return { url, schema: given.hide === true ? given : describe(given, route) };
};

/**
 * Describes the routes that are declared from now on, at `/openapi.json`, with every answer that each may give. What describes them is
 * loaded when somebody asks for it: it brings a whole library for YAML along.
 */
export function registerApiDescription(app: App): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (route.schema?.hide !== true && route.method !== 'HEAD') routes.push(route);
  });
  let described: Promise<object> | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, () => {
    described ??= describeRoutes(routes).catch((error: unknown) => {
      described = undefined;
      throw error;
    });
    return described;
  });
}

/** The library describes the routes of the server that it is registered at, and only those that are declared later. */
async function describeRoutes(routes: readonly RouteOptions[]): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger');
  const twin = fastify({ exposeHeadRoutes: false });
  // Nobody asks it anything.
  twin.setValidatorCompiler(() => () => true);
  twin.setSerializerCompiler(() => () => '');
  await twin.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Darkroom photo service', version: '1' } },
    transform,
  });
  for (const { method, url, schema = {}, config = {} } of routes)
    twin.route({ method, url, schema, config, handler: () => null });
  await twin.ready();
  return twin.swagger();
}
