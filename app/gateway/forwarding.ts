import httpProxy from '@fastify/http-proxy';
import replyFrom from '@fastify/reply-from';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyReplyFromHooks } from '@fastify/reply-from';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { RefusalCode } from './gateway-events.ts';

/** Said of one connection: the next one has its own (RFC 9110, 7.6.1). */
const ofOneConnection = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** To each process behind. They answer requests side by side, so that more would only wait there instead of here. */
const connectionsMax = 128;
/** The service bounds its own work; this is for one that stands still. Uploads take their time before the head of their answer. */
const headLimitMs = 30_000;
const bodyLimitMs = 30_000;

const connections = {
  connections: connectionsMax,
  pipelining: 1,
  headersTimeout: headLimitMs,
  bodyTimeout: bodyLimitMs,
  connectTimeout: 1_000,
  keepAliveTimeout: 4_000,
};

/** Without what is of one connection only. Headers that the connection names itself are removed by the library. */
function endToEnd<Headers extends object>(given: Headers): Headers {
  const kept = Object.entries(given).filter(([name]) => !ofOneConnection.includes(name.toLowerCase()));
  return Object.fromEntries(kept) as Headers;
}

type Refused = (code: RefusalCode) => void;

function hooksTo(address: () => string, code: RefusalCode, refused: Refused): FastifyReplyFromHooks {
  return {
    getUpstream: address,
    rewriteRequestHeaders: (_, given) => endToEnd(given),
    rewriteHeaders: (given) => endToEnd(given),
    // Whoever asked decides whether to ask again: a write that had no answer may have been done.
    retryDelay: () => null,
    onError(reply, { error }) {
      refused(code);
      reply.send(
        new DarkroomError(code, 'It did not answer the gateway; send it again in a moment.', {
          cause: error,
        }),
      );
    },
  };
}

export type ServiceTargets = {
  /** Where the replicas listen: as the parent has said, and nobody else. */
  readonly replicas: () => readonly string[];
  readonly refused: Refused;
};

/** Forwards every request that has no route here to the replicas, one after another, without holding what passes through. */
export async function forwardToService(app: App, { replicas, refused }: ServiceTargets): Promise<void> {
  let turn = 0;
  const next = (): string => {
    const known = replicas();
    turn += 1;
    const address = known[turn % known.length];
    if (address !== undefined) return address;
    refused('SERVICE_UNREACHABLE');
    throw new DarkroomError('SERVICE_UNREACHABLE', 'No replica is known yet; send it again in a moment.');
  };
  await app.register(httpProxy, {
    upstream: '',
    undici: connections,
    disableRequestLogging: true,
    replyOptions: hooksTo(next, 'SERVICE_UNREACHABLE', refused),
  });
}

/** Forwards a request for metadata to the leader. */
export type ForwardToLeader = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

export type LeaderTarget = {
  /** Throws LEADER_LOST. */
  readonly address: () => string;
  readonly refused: Refused;
};

/** To be registered with the routes that forward. */
export async function createForwardToLeader(
  app: App,
  { address, refused }: LeaderTarget,
): Promise<ForwardToLeader> {
  await app.register(replyFrom, { undici: connections, disableRequestLogging: true });
  return (request, reply) => {
    const target = address();
    return reply.from(request.url, {
      ...hooksTo(() => target, 'LEADER_LOST', refused),
      onResponse(_, answer, response) {
        if (response.statusCode === 503) refused('LEADER_LOST');
        answer.send(response.stream);
      },
    });
  };
}
