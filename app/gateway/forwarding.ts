import { buffer } from 'node:stream/consumers';
import httpProxy from '@fastify/http-proxy';
import replyFrom from '@fastify/reply-from';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyReplyFromHooks } from '@fastify/reply-from';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { RefusalCode } from './gateway-events.ts';

/**
 * Headers that speak of one connection: the next connection has its own (RFC 9110, 7.6.1). `Expect` is among them,
 * since this process has already told the client to send its body.
 */
const ofOneConnection = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * How many connections there are to each process behind the gateway. A process answers requests side by side, so that
 * with more connections requests would only wait there instead of here.
 */
const connectionsMax = 128;
/** The service bounds its own work; this is for one that stands still. Uploads take their time before the head of their answer. */
const headLimitMs = 30_000;
const bodyLimitMs = 30_000;
/** A leader answers from memory or after one statement, which has its own limit. One that stands still is not waited for. */
const leaderLimitMs = 4_000;

const connections = {
  connections: connectionsMax,
  pipelining: 1,
  headersTimeout: headLimitMs,
  bodyTimeout: bodyLimitMs,
  connectTimeout: 1_000,
  keepAliveTimeout: 4_000,
};

/**
 * Without what is of one connection only: what always is, and what the connection names itself. Of requests the library has removed what
 * they name before this sees them; of responses it removes nothing.
 */
function endToEnd<Headers extends { readonly connection?: string | undefined }>(given: Headers): Headers {
  const named = (given.connection ?? '').toLowerCase().split(',');
  const ofOne = new Set([...ofOneConnection, ...named.map((name) => name.trim())]);
  const kept = Object.entries(given).filter(([name]) => !ofOne.has(name.toLowerCase()));
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
      if (!wasGivenUp(reply)) refused(code);
      reply.send(
        new DarkroomError(code, 'It did not answer the gateway; send it again in a moment.', {
          cause: error,
        }),
      );
    },
  };
}

/** Whether whoever asked has gone before all of the request was here: then nobody has refused it. */
const wasGivenUp = ({ raw, request }: Answering): boolean => raw.destroyed && !request.raw.complete;

type Answering = {
  readonly raw: { readonly destroyed: boolean };
  readonly request: { readonly raw: { readonly complete: boolean } };
};

export type ServiceTargets = {
  /** Where the replicas listen, which only the parent process tells. */
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
  const undici = { ...connections, headersTimeout: leaderLimitMs };
  await app.register(replyFrom, { undici, disableRequestLogging: true });
  return (request, reply) => {
    const target = address();
    // The library adds the query as it came.
    const [path] = request.url.split('?', 1);
    return reply.from(path, {
      ...hooksTo(() => target, 'LEADER_LOST', countedAsAnswer),
      onResponse(_, _reply, { statusCode, stream }) {
        const isRefusal = statusCode === 503 && Number(reply.getHeader('content-length')) <= refusalBytesMax;
        if (!isRefusal) return void reply.send(stream);
        buffer(stream)
          .then((body) => passRefusal(reply, body, refused))
          .catch((error: unknown) => reply.removeHeader('content-length').send(leaderLost(error)));
      },
    });
  };
}

/** The routes of metadata count the errors that they answer with. */
const countedAsAnswer: Refused = () => {};

/** A problem document is shorter. */
const refusalBytesMax = 4 * 1024;

/**
 * Passes on a refusal of the leader. If that one says that it does not lead any more, the client is told that nobody
 * is known to lead for a moment: former leaders mean nothing to it.
 */
function passRefusal(reply: FastifyReply, body: Buffer, refused: Refused): void {
  const code = codeOf(body);
  if (code === 'NOT_THE_LEADER') throw leaderLost();
  if (code === 'LEADER_LOST') refused(code);
  reply.send(body);
}

const leaderLost = (cause?: unknown): DarkroomError =>
  new DarkroomError('LEADER_LOST', 'Nobody leads at the moment; send it again in a moment.', { cause });

/** Undefined: it is no problem document. */
function codeOf(body: Buffer): unknown {
  try {
    const problem: unknown = JSON.parse(body.toString());
    return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined;
  } catch {
    return undefined;
  }
}
