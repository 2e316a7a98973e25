import type { FastifyReply, FastifyRequest } from 'fastify';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { ForwardToLeader } from './forwarding.ts';
import type { RefusalCode } from './gateway-events.ts';
import type { GatewayService } from './gateway-service.ts';
import { registerMetadataRoutes, sendPage, sendRecord } from './metadata-routes.ts';
import type { ReadQuery } from './metadata-routes.ts';
import type { RecordTable } from './protocol/record-table.ts';
import { callerOf } from './query-way.ts';

export type ReplicaRoutesParts = {
  readonly token: string;
  readonly service: GatewayService;
  readonly forward: ForwardToLeader;
  readonly refused: (code: RefusalCode) => void;
  /** Makes a span of the wait for the leader, where the request is recorded. */
  readonly inSpan: <T>(name: string, work: () => Promise<T>) => Promise<T>;
};

const refusals: readonly RefusalCode[] = ['GATEWAY_NOT_SYNCHRONISED', 'LEADER_LOST'];

/** Answers queries of metadata out of the replica, as far as they may be, and sends all else to the leader. */
export function registerReplicaRoutes(app: App, parts: ReplicaRoutesParts): void {
  const { service, forward, inSpan } = parts;
  app.addHook('onError', async (_, _reply, error) => {
    const code = refusals.find((one) => error instanceof DarkroomError && error.code === one);
    if (code !== undefined) parts.refused(code);
  });
  const read = async (
    query: ReadQuery,
    request: FastifyRequest,
    reply: FastifyReply,
    send: (records: RecordTable) => string,
  ): Promise<FastifyReply | string> => {
    const caller = callerOf(request.headers[headers.caller.toLowerCase()]);
    const { consistency } = query;
    const answer = await inSpan('gateway synchronise', () => service.answer({ consistency, caller }));
    if (answer.from === 'leader') return forward(request, reply);
    reply.header(headers.staleness, answer.stalenessMs.toFixed(1));
    if (answer.waitedMs !== null) reply.header('server-timing', `sync;dur=${answer.waitedMs.toFixed(2)}`);
    return send(answer.records);
  };
  registerMetadataRoutes(app, parts.token, {
    page: (asked, query, request, reply) =>
      read(query, request, reply, (records) => sendPage(reply, records, asked)),
    record: (asked, query, request, reply) =>
      read(query, request, reply, (records) => sendRecord(reply, records, asked)),
    put: (_, _change, request, reply) => forward(request, reply),
    remove: (_, request, reply) => forward(request, reply),
  });
}
