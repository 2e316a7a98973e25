import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { XStatic } from 'typebox/schema';
import { gatewayOperations } from '../contract/operations.ts';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import { Id, storableText } from '../http/schemas.ts';
import type { RecordTable } from './protocol/record-table.ts';
import { idOfKey, keyOf, prefixOf, recordKinds } from './record-keys.ts';
import type { RecordKind } from './record-keys.ts';

const recordsMax = 100;
const attributesMax = 20;

const KindParams = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { type: 'string', maxLength: 32 } },
} as const;
const RecordParams = {
  type: 'object',
  required: [...KindParams.required, 'recordId'],
  properties: { ...KindParams.properties, recordId: Id },
} as const;
const Consistency = {
  anyOf: [
    { type: 'string', const: 'consistent' },
    { type: 'string', const: 'eventual' },
  ],
  description: 'in place of what the candidate says',
} as const;
const RecordQuery = { type: 'object', properties: { consistency: Consistency } } as const;
const PageQuery = {
  type: 'object',
  properties: {
    ...RecordQuery.properties,
    after: { type: 'string', maxLength: 64, description: 'nextCursor of an earlier page' },
    limit: { type: 'integer', minimum: 1, maximum: recordsMax },
  },
} as const;
const Change = {
  type: 'object',
  properties: {
    caption: storableText({ maxLength: 2_200 }),
    attributes: {
      type: 'object',
      patternProperties: { '^.*$': storableText({ maxLength: 200 }) },
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9]{0,31}$' },
      maxProperties: attributesMax,
    },
  },
  additionalProperties: false,
  minProperties: 1,
} as const;

export type MetadataChange = XStatic<typeof Change>;
export type ReadQuery = XStatic<typeof RecordQuery>;
export type PageOf = { readonly kind: RecordKind; readonly afterId: number; readonly limit: number };
export type RecordOf = { readonly kind: RecordKind; readonly id: number };

/** What is done with a query or a write: it is answered here, or somewhere else. */
export type MetadataHandlers = {
  readonly page: (asked: PageOf, query: ReadQuery, request: FastifyRequest, reply: FastifyReply) => unknown;
  readonly record: (
    asked: RecordOf,
    query: ReadQuery,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => unknown;
  readonly put: (
    asked: RecordOf,
    change: MetadataChange,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => unknown;
  readonly remove: (asked: RecordOf, request: FastifyRequest, reply: FastifyReply) => unknown;
};

/** Declares what a leader and its gateways answer alike. Nobody is answered without the token, where there is one. */
export function registerMetadataRoutes(app: App, token: string, handlers: MetadataHandlers): void {
  app.addHook('onRequest', (request, _, done) => {
    if (hasToken(request.headers.authorization, token)) return done();
    const message = 'Send the token of the gateway: Authorization: Bearer ….';
    done(new DarkroomError('GATEWAY_TOKEN_REQUIRED', message));
  });
  const { metadataPage, metadataRecord, putMetadata, deleteMetadata } = gatewayOperations;
  app.route({
    method: metadataPage.method,
    url: metadataPage.route,
    schema: { params: KindParams, querystring: PageQuery },
    handler: async (request, reply) => {
      const { params, query } = request;
      const { after, limit = recordsMax } = query;
      const kind = kindNamed(params.kind);
      return handlers.page({ kind, afterId: decodeCursor(after), limit }, query, request, reply);
    },
  });
  app.route({
    method: metadataRecord.method,
    url: metadataRecord.route,
    schema: { params: RecordParams, querystring: RecordQuery },
    handler: async (request, reply) =>
      handlers.record(recordOf(request.params), request.query, request, reply),
  });
  app.route({
    method: putMetadata.method,
    url: putMetadata.route,
    schema: { params: RecordParams, body: Change },
    handler: async (request, reply) => handlers.put(recordOf(request.params), request.body, request, reply),
  });
  app.route({
    method: deleteMetadata.method,
    url: deleteMetadata.route,
    schema: { params: RecordParams },
    handler: async (request, reply) => handlers.remove(recordOf(request.params), request, reply),
  });
}

/** Answers a page out of a table. */
export function sendPage(
  reply: FastifyReply,
  records: RecordTable,
  { kind, afterId, limit }: PageOf,
): string {
  const found = records.page(prefixOf(kind), keyOf(kind, afterId), limit + 1);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = found.length > limit && last !== undefined ? String(idOfKey(last.key)) : null;
  reply.type('application/json; charset=utf-8');
  return `{"records":[${page.map(({ json }) => json).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
}

/** Answers a record out of a table. Throws NOT_FOUND. */
export function sendRecord(reply: FastifyReply, records: RecordTable, { kind, id }: RecordOf): string {
  const found = records.get(keyOf(kind, id));
  if (found === undefined) throw new DarkroomError('NOT_FOUND', `There is no record ${id} of ${kind}.`);
  reply.header(headers.entryVersion, found.version).type('application/json; charset=utf-8');
  return found.json;
}

const recordOf = ({ kind, recordId }: XStatic<typeof RecordParams>): RecordOf => ({
  kind: kindNamed(kind),
  id: recordId,
});

function kindNamed(text: string): RecordKind {
  const kind = recordKinds.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new DarkroomError('METADATA_KIND_UNKNOWN', `There is metadata of ${recordKinds.join(' and ')}.`);
}

/** A cursor is the id of the last record that was given out. */
function decodeCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^[1-9]\d{0,9}$/.test(cursor) && Number(cursor) <= 2_147_483_647) return Number(cursor);
  throw new DarkroomError('INVALID_CURSOR', 'Use the nextCursor of an earlier page as it is.');
}

/** Whether a request brings the token; where there is none, in a lab, none is needed. */
export function hasToken(given: string | undefined, token: string): boolean {
  const [expected, found] = [Buffer.from(`Bearer ${token}`), Buffer.from(given ?? '')];
  return token === '' || (expected.length === found.length && timingSafeEqual(expected, found));
}
