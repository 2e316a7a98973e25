import type { FastifyRequest } from 'fastify';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import type { XStatic } from 'typebox/schema';
import { counterOperations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Timestamp } from '../http/schemas.ts';
import { describeInvalid } from '../http/schema-compilers.ts';
import { counterPattern, namespacePattern, tokenPattern } from './counter-namespaces.ts';
import type { Counted, CounterClear, CounterKey, CounterService } from './counter-service.ts';

const CounterParams = {
  type: 'object',
  required: ['namespace', 'counter'],
  properties: {
    namespace: { type: 'string', pattern: namespacePattern, description: 'up to 32 of a-z, 0-9 and -' },
    counter: { type: 'string', pattern: counterPattern, description: 'up to 80 of A-Z, a-z, 0-9 and ._:-' },
  },
} as const;
const IdempotencyToken = {
  type: 'object',
  required: ['token', 'generationTime'],
  properties: {
    token: { type: 'string', pattern: tokenPattern, description: 'up to 64 visible characters of ASCII' },
    generationTime: {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
      description: 'a time such as 2026-11-30T12:00:00.123Z',
    },
  },
  additionalProperties: false,
  description:
    'Sent again with the same token and time, it is the same event; in namespaces that keep events. By the clock of the sender.',
} as const;
const Clear = {
  type: 'object',
  properties: { idempotencyToken: IdempotencyToken },
  additionalProperties: false,
} as const;
/** How far it may move is for the service to say, with an error of its own. */
const Add = {
  type: 'object',
  required: ['delta'],
  properties: { delta: { type: 'integer' }, idempotencyToken: IdempotencyToken },
  additionalProperties: false,
} as const;
const Taken = {
  type: 'object',
  required: ['accepted', 'generationTime'],
  properties: { accepted: { type: 'boolean', const: true }, generationTime: Timestamp },
} as const;
const Count = {
  type: 'object',
  required: ['count', 'rolledUpTo'],
  properties: {
    count: { type: 'integer' },
    rolledUpTo: {
      anyOf: [Timestamp, { type: 'null' }],
      description: 'all events up to then are counted; null: nothing is rolled up',
    },
  },
} as const;
const AddedCount = {
  type: 'object',
  required: [...Count.required, 'generationTime'],
  properties: { ...Count.properties, generationTime: Timestamp },
} as const;
const ShownCount = {
  type: 'object',
  required: [...Count.required, 'mode'],
  properties: {
    ...Count.properties,
    mode: { type: 'string', description: 'how the namespace counts' },
  },
} as const;

const refusedReads = [
  'VIEWER_REQUIRED',
  'COUNTER_NAME_INVALID',
  'COUNTER_NAMESPACE_CLOSED',
  'COUNTER_NAMESPACE_UNKNOWN',
  'COUNTER_TOO_LARGE',
  'COUNTER_CACHE_UNAVAILABLE',
] as const satisfies readonly ErrorCode[];
const refusedClears = [
  ...refusedReads,
  'COUNTER_TOKEN_FROM_FUTURE',
  'COUNTER_EVENT_TOO_OLD',
  'COUNTER_CONTENDED',
] as const satisfies readonly ErrorCode[];
const refusedAdds = [...refusedClears, 'COUNTER_DELTA_OUT_OF_RANGE'] as const satisfies readonly ErrorCode[];

/** A name that no namespace and no counter can have is told apart from a body that is none. */
function describeNames(errors: readonly FastifySchemaValidationError[], part: string): Error {
  const invalid = describeInvalid(errors, part);
  return part === 'params' ? new DarkroomError('COUNTER_NAME_INVALID', invalid.message) : invalid;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
const taken = ({ generationTimeMs }: { readonly generationTimeMs: number }) => ({
  accepted: true as const,
  generationTime: timeOf(generationTimeMs),
});

/** To the whole millisecond. Throws INVALID_REQUEST for a day or an hour that there is not. */
function eventOf({ idempotencyToken: given }: XStatic<typeof Clear>): CounterClear {
  if (given === undefined) return {};
  const generationTimeMs = Date.parse(given.generationTime);
  if (Number.isNaN(generationTimeMs))
    throw new DarkroomError('INVALID_REQUEST', 'There is no such generationTime.');
  return { token: given.token, generationTimeMs };
}

const shown = ({ count, rolledUpToMs }: Counted) => ({
  count,
  rolledUpTo: rolledUpToMs === null ? null : timeOf(rolledUpToMs),
});

/**
 * Refuses requests without a viewer, and those for what only the service itself counts, which may be of something
 * that not everybody may see, such as a hidden photo.
 */
function createRequireOpen({ viewerOf }: Pick<RouteParts, 'viewerOf'>, counters: CounterService) {
  return (request: FastifyRequest, { namespace }: CounterKey): void => {
    viewerOf(request);
    if (counters.namespaceOf(namespace).isOpen) return;
    throw new DarkroomError('COUNTER_NAMESPACE_CLOSED', `Only the service itself counts in "${namespace}".`);
  };
}

export function registerCounterRoutes(app: App, parts: RouteParts, counters: CounterService): void {
  const requireOpen = createRequireOpen(parts, counters);
  app.route({
    method: counterOperations.addCount.method,
    url: counterOperations.addCount.route,
    schema: { params: CounterParams, body: Add, response: { 202: Taken } },
    config: { problems: refusedAdds },
    schemaErrorFormatter: describeNames,
    handler: async (request, reply) => {
      const { params, body } = request;
      requireOpen(request, params);
      const accepted = await counters.add(params, { ...eventOf(body), delta: body.delta });
      return reply.code(202).send(taken(accepted));
    },
  });
  app.route({
    method: counterOperations.addAndGetCount.method,
    url: counterOperations.addAndGetCount.route,
    schema: { params: CounterParams, body: Add, response: { 200: AddedCount } },
    config: { problems: refusedAdds },
    schemaErrorFormatter: describeNames,
    handler: async (request) => {
      const { params, body } = request;
      requireOpen(request, params);
      const counted = await counters.addAndGet(params, { ...eventOf(body), delta: body.delta });
      return { ...shown(counted), generationTime: timeOf(counted.generationTimeMs) };
    },
  });
  app.route({
    method: counterOperations.getCount.method,
    url: counterOperations.getCount.route,
    schema: { params: CounterParams, response: { 200: ShownCount } },
    config: { problems: refusedReads },
    schemaErrorFormatter: describeNames,
    handler: async (request) => {
      const { params } = request;
      requireOpen(request, params);
      return { ...shown(await counters.get(params)), mode: counters.namespaceOf(params.namespace).mode };
    },
  });
  app.route({
    method: counterOperations.clearCount.method,
    url: counterOperations.clearCount.route,
    schema: { params: CounterParams, body: Clear, response: { 202: Taken } },
    config: { problems: refusedClears },
    schemaErrorFormatter: describeNames,
    // All that a body may say is optional, and so is the body.
    preValidation: async (request) => {
      if (request.body === undefined) request.body = {};
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      requireOpen(request, params);
      return reply.code(202).send(taken(await counters.clear(params, eventOf(body))));
    },
  });
}
